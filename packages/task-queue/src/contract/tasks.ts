import {
  id,
  instant,
  jsonObject,
  jsonValue,
  label,
  page,
  queryFlag,
  runId,
  TASK_ERROR_CODES,
  toldPayload,
} from '@orchestra/pause-core/contract';
import { z } from 'zod';
import { outcomeKind } from './outcome.ts';
import { serialGateView } from './serial-gate.ts';
import { holdRequest, outputTail, printedChars, retryRequest, RUNNER_PREFIX, runnerView } from './stages.ts';

export const TASK_STATUSES = ['queued', 'running', 'succeeded', 'failed', 'held', 'cancelled'] as const;
export const taskStatus = z.enum(TASK_STATUSES).meta({ id: 'TaskStatus' });
export type TaskStatus = z.infer<typeof taskStatus>;

/** What is said of a task behind its name: "task 62 failed". */
export const STATUS_WORDS: Readonly<Record<TaskStatus, string>> = {
  queued: 'is queued',
  running: 'is running',
  held: 'is held',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'was cancelled',
};

const labels = {
  repo: label.nullish(),
  agent_id: label.nullish(),
  skill: label
    .refine(
      (skill) => !skill.startsWith(RUNNER_PREFIX),
      `must not begin with "${RUNNER_PREFIX}"; that is how a claim names a runner`,
    )
    .nullish(),
  quest_id: label.nullish(),
  actor_id: label.nullish(),
};

// Offsets and years that RFC 3339 knows and PostgreSQL does not would be a server error later.
const notBefore = instant
  .transform((text) => new Date(text).toISOString())
  .refine((text) => /^(19[7-9][0-9]|[2-9][0-9]{3})-/.test(text), 'must be between the years 1970 and 9999');

export const newTask = z
  .strictObject({
    ...labels,
    priority: z.int().min(-32_768).max(32_767).default(0).describe('smaller goes first'),
    payload: jsonObject.default({}),
    max_attempts: z.int().min(1).max(100).default(3).describe('after so many runs that ended with an error it fails'),
    max_crashes: z
      .int()
      .min(1)
      .max(100)
      .default(3)
      .describe('after so many runs that were taken away from a lost worker it fails'),
    not_before: notBefore.nullish().describe('not eligible before this instant'),
    pipeline: label.nullish().describe('the table of stages that it goes through; GET /api/pipelines lists them'),
    stage: label
      .nullish()
      .describe('where in it the task begins; absent: in the first stage. Its skill is the stage’s'),
  })
  .meta({ id: 'NewTask' });

/** `POST /api/tasks`: one task, or many in the order in which they are to stand. */
export const enqueueRequest = z
  .union([z.strictObject({ tasks: z.array(newTask).min(1).max(1_000) }), newTask])
  .meta({ id: 'EnqueueRequest' });
export const enqueueAnswer = z.strictObject({ ids: z.array(id) }).meta({ id: 'EnqueueAnswer' });

export const claimedTask = z
  .strictObject({
    id,
    run_id: runId.describe('the fence: every later call about this run carries it'),
    repo: z.string().nullable(),
    agent_id: z.string().nullable(),
    skill: z.string().nullable(),
    quest_id: z.string().nullable(),
    actor_id: z.string().nullable(),
    pipeline: z.string().nullish(),
    stage: z.string().nullish().describe('where in its pipeline this run is'),
    priority: z.int(),
    payload: toldPayload,
    attempt: z.int(),
    max_attempts: z.int(),
    cursor: z.unknown().describe('where the last run left off; null: nowhere'),
    questions: z.string().nullable().describe('what an earlier run asked'),
    answer: z.string().nullable().describe('what a person answered to that'),
    lease_seconds: z.number().describe('without a heartbeat for this long, the run is taken away'),
    probe_of: id
      .nullish()
      .describe('the pause whose probe this run is: it goes on under that pause, and decides whether it ends'),
  })
  .meta({ id: 'ClaimedTask' });

/** Why a run is handed back unfinished. Only `gave_up` counts as a run given up. */
export const RELEASE_CAUSES = ['pause', 'shutdown', 'gave_up'] as const;
export const releaseCause = z.enum(RELEASE_CAUSES).meta({ id: 'ReleaseCause' });
export type ReleaseCause = z.infer<typeof releaseCause>;

const run = { run_id: runId };
export const heartbeatRequest = z
  .strictObject({
    ...run,
    output: outputTail
      .optional()
      .describe(
        'the end of what the run has printed, in place of what an earlier heartbeat brought; kept once a ' +
          'second at the most, and always with `printed`',
      ),
    printed: printedChars
      .optional()
      .describe(
        'how many characters the run has printed in all, up to the end of `output`: tells more of the same ' +
          'from the same',
      ),
  })
  .meta({ id: 'HeartbeatRequest' });
export const completeRequest = z.strictObject({ ...run, result: jsonValue.optional() }).meta({ id: 'CompleteRequest' });
export const failRequest = z
  .strictObject({
    ...run,
    error: z
      .string()
      .min(1)
      .max(20_000)
      .refine((text) => !text.includes('\0') && text.isWellFormed(), 'must not hold NUL or lone surrogates'),
    retry: z.boolean().default(true).describe('false: this task fails for good'),
    result: jsonValue.optional().describe('what there is to keep, for example the output'),
  })
  .meta({ id: 'FailRequest' });
export const releaseRequest = z
  .strictObject({
    ...run,
    cause: releaseCause.default('gave_up'),
    cursor: jsonValue.optional().describe('given to the next run; absent: the former one stays'),
  })
  .meta({ id: 'ReleaseRequest' });

/** How many runs one call may end. */
export const ENDINGS_MAX = 100;

/** How a run ended, in a list of endings: what the call for a single one takes, and which run it is. */
export const ending = z
  .discriminatedUnion('as', [
    z.strictObject({ as: z.literal('completed'), id, ...completeRequest.shape }),
    z.strictObject({ as: z.literal('failed'), id, ...failRequest.shape }),
    z.strictObject({ as: z.literal('released'), id, ...releaseRequest.shape }),
    z.strictObject({ as: z.literal('held'), id, ...holdRequest.shape }),
    z.strictObject({ as: z.literal('retried'), id, ...retryRequest.shape }),
  ])
  .meta({ id: 'Ending' });

/** `POST /api/tasks/finish` */
export const finishRequest = z
  .strictObject({ ended: z.array(ending).min(1).max(ENDINGS_MAX) })
  .meta({ id: 'FinishRequest' });

/** What became of one ending in a list. */
export const endingAnswer = z
  .strictObject({
    id,
    run_id: runId,
    outcome: z
      .enum(['accepted', 'repeated', 'refused'])
      .describe('repeated: an earlier call has brought the same ending, and this is its answer'),
    status: taskStatus.nullable().describe('null: refused'),
    next_eligible_at: instant.nullable().describe('when the task may start again, where it goes back to the queue'),
    refused: z.strictObject({ code: z.enum(TASK_ERROR_CODES), detail: z.string() }).nullable(),
  })
  .meta({ id: 'EndingAnswer' });
export const endingAnswers = z
  .strictObject({ ended: z.array(endingAnswer).describe('in the order of the call') })
  .meta({ id: 'EndingAnswers' });

/** `POST /api/tasks/begun`: runs that were claimed ahead and have begun. */
export const begunRequest = z
  .strictObject({
    begun: z
      .array(z.strictObject({ id, ...run }))
      .min(1)
      .max(100),
  })
  .meta({ id: 'BegunRequest' });
export const begunAnswer = z
  .strictObject({ noted: z.int().describe('how many of them were not known to have begun') })
  .meta({ id: 'BegunAnswer' });

/** `POST /api/tasks/claim` */
export const claimRequest = z
  .strictObject({
    worker: label.describe('names this worker process in receipts and histories'),
    agents: z.array(label).min(1).max(200).optional().describe('absent: of any agent'),
    skills: z.array(label).min(1).max(200).optional().describe('absent: of any skill'),
    limit: z.int().min(1).max(100).default(1),
    wait_seconds: z.number().min(0).max(60).default(0).describe('how long to wait for a task where there is none'),
    host: label.optional(),
    pid: z.int().min(1).max(2_147_483_647).optional(),
    boot_id: z
      .guid()
      .optional()
      .describe(
        'of use with the four around it alone: by these a reaper on the same machine can tell that the ' +
          'process has ended, before the lease does',
      ),
    pid_namespace: label.optional(),
    process_started: z.int().min(0).optional().describe('in clock ticks since the machine was started'),
    ahead: z
      .int()
      .min(0)
      .max(100)
      .default(0)
      .describe(
        'so many of `limit`, the last ones, are claimed ahead: the worker looks at the pauses again before ' +
          'each begins, and says so by `/api/tasks/begun`',
      ),
    ended: z
      .array(ending)
      .max(ENDINGS_MAX)
      .optional()
      .describe('runs of this worker that have ended; they are written first, also where nothing is claimed'),
  })
  .meta({ id: 'ClaimRequest' });

export const claimAnswer = z
  .strictObject({
    tasks: z.array(claimedTask),
    ended: z
      .array(endingAnswer)
      .optional()
      .describe('what became of the endings that the call brought, in their order'),
  })
  .meta({ id: 'ClaimAnswer' });

export const heartbeatAnswer = z
  .strictObject({
    lease_seconds: z.number(),
    // A service of an earlier version does not tell this.
    stop: z
      .strictObject({
        reason: z.string(),
        by: z.string(),
        fence_at: instant.describe('the run is taken away then'),
      })
      .optional()
      .describe('an operator has the run stopped: end it, and say so by `/api/tasks/:id/stopped`'),
  })
  .meta({ id: 'HeartbeatAnswer' });

/** What the three ways to end a run answer. */
export const finishAnswer = z
  .strictObject({
    status: taskStatus,
    next_eligible_at: instant.nullable().describe('when it may start again, where it goes back to the queue'),
  })
  .meta({ id: 'FinishAnswer' });

/** How the last run of a task ended. */
export const lastRun = z
  .strictObject({
    as: z
      .string()
      .describe('the kind of its last event: completed, failed, released, reaped, asked, held, retried, stopped'),
    ended_at: instant,
    started_at: instant.nullable().describe('when it was claimed'),
    duration_ms: z.int().nullable(),
    attempt: z.int().nullable().describe('which attempt it was, where it used one'),
    worker: z.string().nullable(),
    error: z.string().nullable().describe('what went wrong; in lists its first 500 characters'),
  })
  .meta({ id: 'LastRun' });

export const taskView = z
  .strictObject({
    id,
    repo: z.string().nullable(),
    agent_id: z.string().nullable(),
    skill: z.string().nullable(),
    quest_id: z.string().nullable(),
    actor_id: z.string().nullable(),
    priority: z.int(),
    payload: toldPayload,
    status: taskStatus,
    next_eligible_at: instant.describe(
      'when it may start as far as the clock is concerned; while it is put off for a pause, when the ' +
        'pauses over it end as things stand. Where none of these ends by the clock: in a minute, again and again',
    ),
    deferred_by: id
      .nullable()
      .describe('the active pause for which this task is put off; null as soon as no pause covers it'),
    run_id: runId.nullable(),
    worker: z.string().nullable(),
    host: z.string().nullable(),
    pid: z.int().nullable(),
    started_at: instant.nullable(),
    heartbeat_at: instant.nullable(),
    pipeline: z.string().nullable(),
    stage: z.string().nullable().describe('where in its pipeline it stands; done: it is through'),
    stage_since: instant.nullable().describe('null: it was added there'),
    last_outcome: outcomeKind.nullable().describe('of the last run that was judged'),
    transient_failures: z.int().describe('runs in a row that met a passing disturbance; they use no attempt'),
    held_at: instant.nullable(),
    held_evidence: z.unknown().describe('why it is held, and what to repair; null where it waits for an answer alone'),
    attempt: z.int().describe('runs that ended with an error, and the one under way; of its stage, where it has one'),
    max_attempts: z.int(),
    crashes: z.int().describe('runs that were taken away from a lost worker'),
    max_crashes: z.int(),
    cursor: z.unknown(),
    paused_at: instant.nullable().describe('since when it is parked; null: it is not'),
    paused_by: z.string().nullable(),
    pause_reason: z.string().nullable(),
    questions: z.string().nullable().describe('what a run asked; open while there is no answer'),
    asked_at: instant.nullable(),
    answer: z.string().nullable(),
    answered_at: instant.nullable(),
    answered_by: z.string().nullable(),
    result: z.unknown(),
    // A service of an earlier version does not tell these two.
    finished_at: instant
      .nullable()
      .default(null)
      .describe('when it succeeded, failed or was cancelled; null: it has not'),
    last_run: lastRun.nullable().default(null).describe('how its last run ended; null: none has'),
    created_at: instant,
    created_by: z.string(),
  })
  .meta({ id: 'Task' });

export const tasksQuery = z.strictObject({
  ...page.shape,
  status: taskStatus.optional(),
  agent_id: label.optional(),
  skill: label.optional(),
  quest_id: label.optional(),
  actor_id: label.optional(),
  repo: label.optional(),
  parked: queryFlag.optional().describe('true: only tasks that are parked; false: only others'),
  paused: queryFlag.optional().describe('true: only queued tasks that an active pause covers; false: only others'),
  held_by: id
    .optional()
    .describe('the id of a pause: only the tasks that wait under it; none under one that has ended'),
  created_since: instant.optional().describe('added at this instant or later'),
  created_until: instant.optional().describe('added before this instant'),
  running_longer_than_seconds: z.coerce
    .number()
    .int()
    .min(1)
    .max(315_360_000)
    .optional()
    .describe('only tasks whose run began longer ago than this'),
});
export const tasks = z
  .strictObject({ tasks: z.array(taskView), next_cursor: z.string().nullable() })
  .meta({ id: 'Tasks' });

export const TASK_EVENT_KINDS = [
  'queued',
  'claimed',
  'deferred',
  'completed',
  'failed',
  'released',
  'reaped',
  'healed',
  'parked',
  'unparked',
  'asked',
  'answered',
  'probing',
  'probed',
  'held',
  'retried',
  'resumed',
  'stage',
  'cancelled',
  'requeued',
  'moved',
  'stopping',
  'stopped',
] as const;
export const taskEventView = z
  .strictObject({
    id,
    task_id: id,
    run_id: runId.nullable(),
    kind: z.enum(TASK_EVENT_KINDS),
    at: instant,
    by: z.string(),
    data: z.unknown(),
  })
  .meta({ id: 'TaskEvent' });
export const taskEvents = z
  .strictObject({ events: z.array(taskEventView), next_cursor: z.string().nullable() })
  .meta({ id: 'TaskEvents' });

/** Why a run was taken away. */
export const REAP_CAUSES = ['lease', 'process_gone', 'other_boot'] as const;
export type ReapCause = (typeof REAP_CAUSES)[number];

/** `GET /api/queue` */
/** What the self-test of the brake has found. */
export const brakeProof = z
  .strictObject({
    every_seconds: z.int().describe('how often it is made'),
    tried_at: instant.nullable().describe('when the last test began, or until when it was postponed'),
    proved_at: instant.nullable().describe('when the brake was last proved; null: never'),
    last_proven_seconds: z.number().nullable().describe('how long ago that is'),
    failed_at: instant.nullable().describe('when the last test failed; null: it did not'),
    failure: z.string().nullable(),
    overdue: z.boolean().describe('true: no instance of pause-api has proved it for more than two periods'),
  })
  .meta({ id: 'BrakeProof' });

export const queueView = z
  .strictObject({
    // Written out: a document that makes a record of an enum names fields as required and does not say what they are.
    counts: z.object({
      queued: z.int(),
      running: z.int(),
      succeeded: z.int(),
      failed: z.int(),
      held: z.int(),
      cancelled: z.int(),
    } satisfies Record<TaskStatus, z.ZodInt>),
    serial_gate: serialGateView,
    pauses: z.strictObject({
      active: z.int(),
      deferred: z.int().describe('queued tasks that a claim has put off for a pause'),
    }),
    reaper: z.strictObject({
      lease_seconds: z.number(),
      reaped_total: z.int().describe('runs that were taken away, by any reaper on this database'),
      reaped_by_cause: z.strictObject({
        lease: z.int().describe('no heartbeat for the lease'),
        process_gone: z.int().describe('its process had ended, seen from the same machine'),
        other_boot: z.int().describe('its machine had been started anew'),
      }),
      last_tick_at: instant.nullable().describe('when a reaper last made its round; null: none ever did'),
      heal: z.enum(['on', 'off']).describe('off: this service leaves impossible rows as they are'),
      impossible_queued_total: z.int().describe('queued rows that still named a run, found and healed'),
      rows_failing: z
        .int()
        .default(0)
        .describe(
          'rows that the last round could neither heal nor take away; the log of worker-claimer tells which, and why',
        ),
    }),
    runners: z.array(runnerView),
    // A service of an earlier version does not tell this.
    brake_proof: brakeProof.nullable().default(null).describe('the self-test of the brake; null: it is off'),
  })
  .meta({ id: 'Queue' });

export type BrakeProof = z.infer<typeof brakeProof>;

export type NewTask = z.input<typeof newTask>;
export type EnqueueRequest = z.input<typeof enqueueRequest>;
export type EnqueueAnswer = z.infer<typeof enqueueAnswer>;
export type ClaimRequest = z.input<typeof claimRequest>;
export type ClaimAnswer = z.infer<typeof claimAnswer>;
export type ClaimedTask = z.infer<typeof claimedTask>;
export type CompleteRequest = z.infer<typeof completeRequest>;
export type FailRequest = z.input<typeof failRequest>;
export type ReleaseRequest = z.input<typeof releaseRequest>;
export type Ending = z.output<typeof ending>;
export type BegunRequest = z.input<typeof begunRequest>;
export type FinishRequest = z.input<typeof finishRequest>;
export type RunFinishResult = z.infer<typeof endingAnswer>;
export type RunFinishResults = z.infer<typeof endingAnswers>;
export type FinishAnswer = z.infer<typeof finishAnswer>;
export type HeartbeatAnswer = z.infer<typeof heartbeatAnswer>;
export type TaskView = z.infer<typeof taskView>;
export type Tasks = z.infer<typeof tasks>;
export type TaskEventView = z.infer<typeof taskEventView>;
export type TaskEvents = z.infer<typeof taskEvents>;
export type QueueView = z.infer<typeof queueView>;
