import { z } from 'zod';
import { PAUSE_SOURCES, PAUSE_THENS } from '../pause.ts';
import { attachedReceipt, attachedWork } from './attached.ts';
import { gateCounts } from './gates.ts';
import { alsoView, labelKind, properScope, scopeFields, scopeFilter, scopeKind } from './scopes.ts';
import { stopGraceSeconds, stopThen, stopView } from './stops.ts';
import { id, instant, label, page, queryFlag, reason, runId } from './text.ts';

/** Ten years, the longest that a pause may be asked to last. */
export const TTL_SECONDS_MAX = 10 * 366 * 24 * 3_600;

export const ttlSeconds = z
  .int('must be a whole number of seconds')
  .min(1, 'must be at least 1 second')
  .max(TTL_SECONDS_MAX, 'must be at most ten years')
  .meta({ id: 'TtlSeconds', example: 1_800 });

/** What happens when the time is over. */
export const pauseThen = z.enum(PAUSE_THENS).meta({
  id: 'PauseThen',
  description:
    'resume: it ends; stay: it waits for a person, and an alert is raised; probe: one task is let ' +
    'through, and its run decides',
});

const NEEDS_A_TIME = 'needs ttl_seconds: without a time there is no end at which to do it';

/** `POST /api/senate/pause` */
export const pauseRequest = z
  .strictObject({
    ...scopeFields,
    reason,
    ttl_seconds: ttlSeconds.nullish().describe('absent or null: until someone clears it'),
    then: pauseThen
      .default('resume')
      .describe('what happens when the time is over; other than resume it needs ttl_seconds'),
    stop_running: stopThen
      .optional()
      .describe(
        'also stops what runs under the pause, and says what becomes of those tasks; absent: what runs goes ' +
          'on to its normal end',
      ),
    stop_grace_seconds: stopGraceSeconds.optional(),
  })
  .superRefine(properScope)
  .refine((request) => request.then === 'resume' || typeof request.ttl_seconds === 'number', {
    path: ['then'],
    error: NEEDS_A_TIME,
  })
  .meta({ id: 'PauseRequest' });

export const pauseQuery = z.strictObject({ dry_run: queryFlag.optional() });

/** `POST /api/senate/unpause`: everything active on exactly one scope, or one pause by its id. */
export const unpauseRequest = z
  .union([
    z.strictObject({ ...scopeFields, reason: reason.optional() }).superRefine(properScope),
    z.strictObject({ id, reason: reason.optional() }),
  ])
  .meta({ id: 'UnpauseRequest' });

/** `POST /api/senate/extend`: an active pause gets another end. */
export const extendRequest = z
  .strictObject({
    id,
    ttl_seconds: ttlSeconds
      .nullable()
      .describe('counted from now, so it may also end sooner than before; null: until someone clears it'),
    then: pauseThen.optional().describe('what happens when the time is over; absent: as before'),
    reason: reason.optional().describe('why it is extended; stands in the history'),
  })
  .refine((request) => request.then === undefined || request.then === 'resume' || request.ttl_seconds !== null, {
    path: ['then'],
    error: NEEDS_A_TIME,
  })
  .meta({ id: 'ExtendRequest' });

/** A pause as everyone outside sees it. */
export const pauseView = z
  .strictObject({
    id,
    scope_kind: scopeKind,
    scope_value: z.string(),
    // A service of an earlier version, and events from before, do not tell it.
    also: alsoView,
    reason: z.string(),
    source: z.enum(PAUSE_SOURCES),
    paused_at: instant,
    paused_by: z.string(),
    ttl_seconds: z.int().nullable(),
    expires_at: instant
      .nullable()
      .describe('when its time is over, which ends it only with `then: resume`; null: until cleared'),
    cleared_at: instant.nullable(),
    cleared_by: z.string().nullable(),
    quiet_at: instant.nullable().describe('when the last run that the pause found in flight had ended'),
    // A service of an earlier version, and events from before, do not tell the following.
    then: pauseThen.default('resume'),
    stayed_at: instant
      .nullable()
      .default(null)
      .describe('its time is over and it waits for a person since; null: it does not'),
    probing_at: instant
      .nullable()
      .default(null)
      .describe('its time is over and it lets one task through at a time since; null: it does not'),
    probe_task_id: id.nullable().default(null).describe('the task that it lets through, or let through last'),
    warned_at: instant.nullable().default(null).describe('when the last warning of its coming end went out'),
  })
  .meta({ id: 'Pause' });

/** A run that began before the pause and goes on to its normal end. */
export const runInFlight = z
  .strictObject({
    task_id: id,
    run_id: runId,
    worker: z.string(),
    host: z.string().nullable(),
    started_at: instant,
    heartbeat_at: instant,
    agent_id: z.string().nullable(),
    skill: z.string().nullable(),
    quest_id: z.string().nullable(),
    actor_id: z.string().nullable(),
  })
  .meta({ id: 'RunInFlight' });

/** A label that is known and may have been meant. */
export const nearLabel = z
  .strictObject({
    scope_value: z.string(),
    in_flight_count: z.int().describe('runs that carry it'),
    queued: z.int().describe('tasks that wait and carry it, counted up to 1000'),
    queued_more: z.boolean(),
  })
  .meta({ id: 'NearLabel' });

const knownLabel = {
  // A service of an earlier version does not tell these.
  label_known: z
    .boolean()
    .nullish()
    .describe(
      'false: no task, run, worker or earlier pause has ever carried this label, so it may be a slip of ' +
        'the pen; null: it could not be read',
    ),
  near_labels: z
    .array(nearLabel)
    .optional()
    .describe('where it is not known: those known labels that come near it, nearest first'),
  unknown_kind: labelKind
    .optional()
    .describe('where it is not known, of several labels: the kind of the one that is not'),
};

/** A label that nothing has ever carried. */
export const unknownLabel = z
  .strictObject({
    scope_kind: labelKind,
    scope_value: z.string(),
    near_labels: z.array(nearLabel).describe('known labels that come near it, nearest first'),
  })
  .meta({ id: 'UnknownLabel' });

/** Another active pause that covers some of the same tasks. */
export const otherPause = z
  .strictObject({
    ...pauseView.shape,
    // A service of an earlier version does not tell these.
    also_holds: z
      .int()
      .nullable()
      .default(null)
      .describe('how many of the waiting tasks this one covers too, counted up to 1000; 0: they share runs alone'),
    also_holds_more: z.boolean().default(false).describe('true: more than were counted'),
  })
  .meta({ id: 'OtherPause' });

/** What a pause call answers. */
export const pauseReceipt = z
  .strictObject({
    ...pauseView.shape,
    ...knownLabel,
    settled: z
      .boolean()
      .nullable()
      .describe(
        'true: from this instant on no covered task can become claimed, nor a job of an attached queue ' +
          'unless `attached` says otherwise of it; false: a claim that began before outlived the wait; null: ' +
          'it could not be asked',
      ),
    // A service of an earlier version does not tell this and `not_read`.
    durable: z
      .enum(['replicated', 'local'])
      .default('local')
      .describe(
        'replicated: the commit waited until a synchronous standby had the pause; local: nothing says that a ' +
          'standby has it',
      ),
    in_flight: z.array(runInFlight).nullable().describe('the first 200'),
    in_flight_count: z.int().nullable(),
    claimed_ahead: z
      .array(runInFlight)
      .nullable()
      .describe(
        'claimed by workers that prefetch, and not begun as far as these have said: each is looked at again ' +
          'before it begins, and goes back; the first 200',
      ),
    claimed_ahead_count: z.int().nullable(),
    queued: z.int().nullable().describe('tasks that wait under this pause, counted up to 1000'),
    queued_more: z.boolean().nullable().describe('true: more wait than were counted'),
    gates: gateCounts
      .nullable()
      .default(null)
      .describe(
        'turn gates at that instant; they hear of a pause within milliseconds, so look again in a moment. ' +
          'null: it could not be read',
      ),
    attached: z
      .array(attachedReceipt)
      .nullable()
      .default([])
      .describe('the same of each attached queue; null: it could not be read which there are'),
    stop: stopView
      .nullable()
      .default(null)
      .describe(
        'with `stop_running`: the order to stop what runs, as it stands at once; `GET /api/stops/:id` tells ' +
          'on. null: there is none',
      ),
    not_read: z
      .string()
      .nullable()
      .default(null)
      .describe(
        'what is null above because it could not be read once the pause was made, and why; null: everything was read',
      ),
  })
  .meta({ id: 'PauseReceipt' });

/** What a pause would hold, asked with `dry_run`. Nothing is written. */
export const pausePreview = z
  .strictObject({
    ...knownLabel,
    dry_run: z.literal(true),
    scope_kind: scopeKind,
    scope_value: z.string(),
    also: alsoView,
    in_flight: z.array(runInFlight).describe('the first 200'),
    in_flight_count: z.int(),
    claimed_ahead: z.array(runInFlight).describe('the first 200'),
    claimed_ahead_count: z.int(),
    queued: z.int().describe('tasks that it would hold'),
    queued_more: z.boolean().describe('false: all were counted'),
    queued_share: z.number().nullable().describe('of everything that is queued; null: nothing is'),
    broad: z.boolean().describe('true: it would hold more than half of what is queued, or is one of the whole fleet'),
    quests: z
      .array(
        z.strictObject({
          quest_id: z.string(),
          queued: z.int().describe('its tasks that would be held'),
          stalled: z.boolean().describe('true: nothing of it would be left to go on with'),
        }),
      )
      .describe('the 200 with the most'),
    repos: z
      .array(
        z.strictObject({ repo: z.string(), head_held: id.describe('the first task in its line, which would be held') }),
      )
      .describe('whose serial gates would stand still; the first 200'),
    other_pauses: z.array(otherPause).describe('active already on some of the same tasks'),
    attached: z.array(attachedWork).default([]).describe('what it would hold of each attached queue'),
  })
  .meta({ id: 'PausePreview' });

export const unpauseAnswer = z
  .strictObject({
    label_known: knownLabel.label_known.describe(
      'told where the scope was not paused and is not known either. false: no task, run, worker or pause ' +
        'has ever carried this label; null: it could not be read',
    ),
    near_labels: knownLabel.near_labels,
    unknown_kind: knownLabel.unknown_kind,
    cleared: z.array(pauseView),
    still_paused: z.array(pauseView).describe('active pauses left on the same scope'),
  })
  .meta({ id: 'UnpauseAnswer' });

/** An active pause in a list. */
export const activePauseView = z
  .strictObject({
    ...pauseView.shape,
    age_seconds: z.number(),
    remaining_seconds: z
      .number()
      .nullable()
      .describe('until `expires_at`; 0: that is past, and `then` keeps it; null: until cleared'),
    in_flight_count: z.int(),
    claimed_ahead_count: z.int().describe('claimed by workers that prefetch, and not begun as far as these have said'),
    queued: z.int().describe('tasks that wait under this pause, counted up to 10000'),
    queued_more: z.boolean().default(false).describe('true: more wait than were counted'),
    quiet: z
      .boolean()
      .describe(
        'no run covered by the pause is in flight any more, none is claimed ahead, and no worker of an ' +
          'attached queue has a covered job',
      ),
    attached: z
      .array(attachedWork)
      .optional()
      .describe(
        'the same of each attached queue. Told by the list of active pauses; absent where nothing is ' +
          'attached, in events, and beyond the first 200 of a list',
      ),
  })
  .meta({ id: 'ActivePause' });

/** `GET /api/senate/pauses/active` */
export const heldNowQuery = z.strictObject({
  max_age_ms: z.coerce
    .number()
    .int()
    .min(0)
    .max(60_000)
    .default(2_000)
    .describe('how old the answer may be; 0: read anew'),
  known: z.string().min(1).max(100).optional().describe('the `version` of an earlier answer'),
});
export const heldNow = z
  .strictObject({
    age_ms: z.number().describe('how long ago this was read from the database'),
    version: z.string(),
    pauses: z
      .array(
        z.strictObject({
          ...pauseView.shape,
          remaining_seconds: z.number().nullable().describe('until it ends by itself; null: it does not'),
        }),
      )
      .nullable()
      .describe('null: as in the version that is known'),
  })
  .meta({ id: 'HeldNow' });

export const pausesQuery = z.strictObject({
  ...page.shape,
  history: queryFlag.optional(),
  ...scopeFilter,
});

export const activePauses = z
  .strictObject({ pauses: z.array(activePauseView), next_cursor: z.string().nullable() })
  .meta({ id: 'ActivePauses' });
export const pauseHistory = z
  .strictObject({ pauses: z.array(pauseView), next_cursor: z.string().nullable() })
  .meta({ id: 'PauseHistory' });

/** `GET /api/senate/pauses/check` */
export const checkQuery = z.strictObject({
  agent_id: label.optional(),
  skill: label.optional(),
  quest_id: label.optional(),
  actor_id: label.optional(),
});

export const checkAnswer = z
  .strictObject({
    paused: z.boolean(),
    reason: z.string().nullable(),
    pause: pauseView.nullable().describe('the one that is named when several cover the labels'),
    stale: z.boolean().describe('true: the database could not be asked lately; this is what was last known'),
    unknown_labels: z
      .array(unknownLabel)
      .nullish()
      .describe(
        'told where no pause covers the labels: those of them that no task, run, worker or pause has ever ' +
          'carried; absent: all are known; null: it could not be read in time',
      ),
  })
  .meta({ id: 'CheckAnswer' });

export type PauseView = z.infer<typeof pauseView>;
export type OtherPause = z.infer<typeof otherPause>;
export type ActivePauseView = z.infer<typeof activePauseView>;
export type PauseReceipt = z.infer<typeof pauseReceipt>;
export type PausePreview = z.infer<typeof pausePreview>;
export type UnpauseAnswer = z.infer<typeof unpauseAnswer>;
export type NearLabel = z.infer<typeof nearLabel>;
export type UnknownLabel = z.infer<typeof unknownLabel>;
export type RunInFlight = z.infer<typeof runInFlight>;
export type CheckAnswer = z.infer<typeof checkAnswer>;
export type PauseRequest = z.input<typeof pauseRequest>;
export type ExtendRequest = z.infer<typeof extendRequest>;
export type UnpauseRequest = z.infer<typeof unpauseRequest>;
export type HeldNow = z.infer<typeof heldNow>;
export type ActivePauses = z.infer<typeof activePauses>;
export type PauseHistory = z.infer<typeof pauseHistory>;
