import { id, instant, jsonValue, label, reason, runId } from '@orchestra/pause-core/contract';
import { z } from 'zod';

const KEPT_TEXT_MAX = 100_000;

/** What a run asks and a person answers. */
const keptText = z
  .string()
  .refine((text) => text.trim() !== '', 'must not be blank')
  .refine((text) => text.length <= KEPT_TEXT_MAX, `must be at most ${KEPT_TEXT_MAX.toLocaleString('en')} characters`)
  .refine((text) => !text.includes('\0') && text.isWellFormed(), 'must not hold NUL or lone surrogates');

/** `POST /api/serial-gate/pause`: an operator sets a task aside, so that its repo goes on without it. */
export const parkTaskRequest = z.strictObject({ task_id: id, reason }).meta({ id: 'ParkTaskRequest' });
/** `POST /api/serial-gate/resume` */
export const unparkTaskRequest = z.strictObject({ task_id: id }).meta({ id: 'UnparkTaskRequest' });

/** `POST /api/tasks/:id/park`: the same by the owner of the task's run. */
export const parkRunRequest = z.strictObject({ run_id: runId, reason }).meta({ id: 'ParkRunRequest' });
/** `POST /api/tasks/:id/unpark` */
export const unparkRunRequest = z.strictObject({ run_id: runId }).meta({ id: 'UnparkRunRequest' });

/** `POST /api/tasks/:id/needs-input`: ends a run with questions. */
export const needsInputRequest = z
  .strictObject({
    run_id: runId,
    questions: keptText,
    cursor: jsonValue.optional().describe('given to the next run; absent: the former one stays'),
  })
  .meta({ id: 'NeedsInputRequest' });
/** `POST /api/tasks/:id/answer` */
export const answerTaskRequest = z.strictObject({ answer: keptText }).meta({ id: 'AnswerTaskRequest' });

/** `POST /api/serial-gate/freeze` */
export const freezeRepoRequest = z
  .strictObject({
    repo: label,
    reason,
    new: z
      .boolean()
      .default(false)
      .describe(
        'true: also a repo that no task has named yet; otherwise such a one is refused, because it may be a ' +
          'slip of the pen',
      ),
  })
  .meta({ id: 'FreezeRepoRequest' });
/** `POST /api/serial-gate/thaw` */
export const thawRepoRequest = z.strictObject({ repo: label }).meta({ id: 'ThawRepoRequest' });
/** `POST /api/serial-gate/limit` */
export const limitRepoRequest = z
  .strictObject({ repo: label, max_in_progress: z.int().min(1).max(1_000) })
  .meta({ id: 'LimitRepoRequest' });

/** What the first in line waits for. */
export const HEAD_WAITS_FOR = ['worker', 'gate', 'pause', 'retry'] as const;

export const repoGateView = z
  .strictObject({
    repo: z.string(),
    repo_known: z
      .literal(false)
      .optional()
      .describe(
        'told by freeze and limit. false: before this call no task had named this repo, and nobody had ' +
          'frozen or limited it, so it may be a slip of the pen',
      ),
    near_repos: z
      .array(z.string())
      .optional()
      .describe('where it is not known: those known repos whose names come near it, nearest first'),
    gated: z.boolean().describe('false: the serial gate is switched off for this repo'),
    max_in_progress: z.int(),
    in_progress: z.int().describe('tasks that are running, held, or between two stages, and not parked'),
    waiting: z
      .int()
      .describe(
        'tasks in line that have not begun: queued, not parked, not added for later, and not between two stages',
      ),
    frozen: z.strictObject({ at: instant, by: z.string(), reason: z.string() }).nullable(),
    head: z
      .strictObject({
        task_id: id,
        waiting_for: z
          .enum(HEAD_WAITS_FOR)
          .describe('a worker that takes it; its gate (frozen, or full); the end of a pause; its next attempt'),
        // A service of an earlier version does not tell this.
        pause_id: id
          .nullable()
          .default(null)
          .describe(
            'the pause that covers it, of several the one that is named first; also where its gate holds it as well',
          ),
      })
      .nullable()
      .describe('the first in line, the only one that may start'),
    holders: z
      .array(
        z.strictObject({
          task_id: id,
          status: z.enum(['running', 'held', 'queued']).describe('queued: it is between two stages'),
          run_id: runId.nullable(),
          worker: z.string().nullable(),
          since: instant.nullable().describe('since when it runs, is held, or stands in its stage'),
        }),
      )
      .describe('the first 20 that are in progress'),
    parked: z
      .array(
        z.strictObject({
          task_id: id,
          by: z.string(),
          reason: z.string(),
          since: instant,
          has_question: z.boolean().describe('it waits for an answer'),
        }),
      )
      .describe('the first 20 that are set aside'),
    parked_count: z.int(),
  })
  .meta({ id: 'RepoGate' });

/** `GET /api/serial-gate` */
export const serialGateQuery = z.strictObject({
  contains: label.optional().describe('only repos whose names hold this text'),
  repo: label.optional().describe('only this repo, also where there is nothing to tell of it'),
});

/** The block `serial_gate` of `GET /api/queue`. */
export const serialGateView = z
  .strictObject({
    enabled: z.boolean(),
    only_repos: z.array(z.string()).nullable().describe('the gate holds for these alone; null: for all'),
    repos: z.array(repoGateView).describe('up to 200 repos for which there is something to tell, by name'),
    more: z.boolean().describe('there are more than these'),
  })
  .meta({ id: 'SerialGate' });

export type ParkTaskRequest = z.input<typeof parkTaskRequest>;
export type UnparkTaskRequest = z.input<typeof unparkTaskRequest>;
export type ParkRunRequest = z.input<typeof parkRunRequest>;
export type UnparkRunRequest = z.input<typeof unparkRunRequest>;
export type NeedsInputRequest = z.input<typeof needsInputRequest>;
export type AnswerTaskRequest = z.input<typeof answerTaskRequest>;
export type FreezeRepoRequest = z.input<typeof freezeRepoRequest>;
export type ThawRepoRequest = z.input<typeof thawRepoRequest>;
export type LimitRepoRequest = z.input<typeof limitRepoRequest>;
export type RepoGateView = z.infer<typeof repoGateView>;
export type SerialGateView = z.infer<typeof serialGateView>;
