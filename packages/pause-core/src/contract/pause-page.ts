import { z } from 'zod';
import { attachedVerified, attachedWork } from './attached.ts';
import { pauseGates } from './gates.ts';
import { activePauseView, otherPause, pauseView, runInFlight } from './pauses.ts';
import { releaseView } from './releases.ts';
import { alsoView, scopeFilter, scopeKind } from './scopes.ts';
import { id, instant, label, page, runId } from './text.ts';

/** A run that was under way when the pause took effect, and what became of it. */
export const runAdmittedBefore = z
  .strictObject({
    run: runInFlight,
    ended_at: instant.nullable().describe('null: it is still in flight'),
    ended_as: z.string().nullable().describe('the kind of the event that ended it'),
  })
  .meta({ id: 'RunAdmittedBefore' });

/** One line of what happened to a pause. */
export const timelineEntry = z
  .strictObject({
    at: instant,
    by: z.string(),
    what: z.string(),
    why: z.string().nullable(),
    data: z.unknown(),
  })
  .meta({ id: 'TimelineEntry' });

/** `GET /api/senate/pauses/:id`: the receipt of a pause, as of now. */
export const pausePage = z
  .strictObject({
    pause: z.union([activePauseView, pauseView]).describe('with counts while it is active'),
    effective_at: instant.describe(
      'from its commit on, no claim that starts takes a task that it covers; this is when its row was written',
    ),
    // A service of an earlier version does not tell this.
    settled: z
      .boolean()
      .nullable()
      .default(null)
      .describe('has every claim that began before it ended? null: the pause has ended, or it could not be told'),
    in_flight: z.array(runInFlight).describe('the first 200; of a pause that has ended: none'),
    in_flight_count: z.int(),
    admitted_before: z
      .array(runAdmittedBefore)
      .describe('runs that had begun when it took effect, oldest first; the first 200'),
    admitted_before_count: z.int(),
    held: z
      .strictObject({ count: z.int(), more: z.boolean().describe('true: more wait than were counted') })
      .describe('tasks that wait under it; of a pause that has ended: none'),
    other_pauses: z.array(otherPause).describe('other active pauses that cover some of the same tasks'),
    gates: pauseGates.nullable().default(null).describe('what turn gates have to do with it'),
    attached: z
      .array(attachedWork)
      .default([])
      .describe('what it covers of each attached queue; of a pause that has ended: none'),
    timeline: z.array(timelineEntry).describe('what happened to it, oldest first; the first 200'),
    // A service of an earlier version does not tell this.
    release: releaseView
      .nullable()
      .default(null)
      .describe('the release of its backlog that is under way, or the last one; null: there was none'),
  })
  .meta({ id: 'PausePage' });

/** `GET /api/senate/verify` */
export const verifyQuery = z.strictObject({
  since: instant.optional().describe('absent: the last hour'),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(10_000)
    .describe('how many claims to look at, the newest ones'),
});
const claimOf = {
  task_id: id,
  run_id: runId.nullable().describe('null: a claim that was written by hand'),
  worker: z.string(),
  claimed_at: instant,
};
export const verifyAnswer = z
  .strictObject({
    claims_checked: z.int(),
    claims_unknown: z.int().describe('claims that cannot be judged; nothing is said of them'),
    unknown: z
      .array(z.strictObject({ ...claimOf, why: z.enum(['no_snapshot', 'other_cluster']) }))
      .default([])
      .describe(
        'the same one by one, the first 200. `no_snapshot`: it kept none; `other_cluster`: it or a pause ' +
          'comes from another cluster (a restore, an upgrade), and their clocks do not tell either',
      ),
    from: instant.nullable().describe('the oldest claim looked at; null: there was none'),
    to: instant.nullable(),
    complete: z.boolean().describe('false: there are more claims since then than `limit`'),
    violations: z
      .array(
        z.strictObject({
          ...claimOf,
          pause_id: id,
          scope_kind: scopeKind,
          scope_value: z.string(),
          also: alsoView,
          paused_at: instant,
        }),
      )
      .describe(
        'claims that saw an active pause on their task and took it all the same, by the labels and the scope ' +
          'of that time; the first 200',
      ),
    attached: z
      .array(attachedVerified)
      .default([])
      .describe('the same of each attached queue, as far as it can be told'),
  })
  .meta({ id: 'VerifyAnswer' });

/** `GET /api/senate/history` */
export const historyQuery = z.strictObject({
  ...page.shape,
  ...scopeFilter,
  by: label.optional().describe('who did it'),
  action: label.optional().describe('such as pause.created, alert.acknowledged, repo.frozen'),
  since: instant.optional(),
  until: instant.optional(),
});
export const historyEntry = z
  .strictObject({
    id,
    at: instant,
    by: z.string(),
    action: z.string(),
    subject_kind: z.string(),
    subject_id: z.string(),
    scope_kind: scopeKind.nullable(),
    scope_value: z.string().nullable(),
    also: alsoView,
    why: z.string().nullable(),
    data: z.unknown(),
  })
  .meta({ id: 'HistoryEntry' });
export const history = z
  .strictObject({ entries: z.array(historyEntry).describe('newest first'), next_cursor: z.string().nullable() })
  .meta({ id: 'History' });

export type PausePage = z.infer<typeof pausePage>;
export type VerifyAnswer = z.infer<typeof verifyAnswer>;
export type HistoryEntry = z.infer<typeof historyEntry>;
export type History = z.infer<typeof history>;
