import {
  id,
  instant,
  jsonValue,
  label,
  passedOver,
  queryFlag,
  reason,
  runId,
  STOP_GRACE_SECONDS,
  stopGraceSeconds,
  stopThen,
} from '@orchestra/pause-core/contract';
import { z } from 'zod';

// What an operator does to tasks: to those that are named by their ids, or to all that a filter finds.

/** How many tasks one call names, and how many one call changes. The answer to a filter says where to go on. */
export const ACT_TASKS_MAX = 500;
/** So far a preview counts. */
export const ACT_COUNTED_MAX = 10_000;
/** What changes so many tasks or more is broad: a person types out what is to happen. */
export const ACT_BROAD_FROM = 20;

const cursor = z.string().regex(/^\d{1,19}-\d{1,19}$/, 'must be a next_cursor that an earlier answer gave');

/** Which tasks: what is absent excludes none. */
const filterFields = {
  agent_id: label.optional(),
  skill: label.optional(),
  quest_id: label.optional(),
  actor_id: label.optional(),
  repo: label.optional(),
  parked: z.boolean().optional().describe('true: only tasks that are parked; false: only others'),
  held_by: id
    .optional()
    .describe('the id of a pause: only the tasks that wait under it; none under one that has ended'),
  created_since: instant.optional().describe('added at this instant or later'),
  created_until: instant.optional().describe('added before this instant'),
};

const selection = <const Status extends readonly [string, ...string[]]>(statuses: Status) => ({
  ids: z.array(id).min(1).max(ACT_TASKS_MAX).optional().describe('these tasks; either this or `filter`'),
  filter: z
    .strictObject({ status: z.enum(statuses).optional(), ...filterFields })
    .optional()
    .describe('all tasks that are like this, oldest first; either this or `ids`. An empty one finds all'),
  cursor: cursor.optional().describe('with `filter`: the `next_cursor` of the call before'),
});

const EITHER = { error: 'needs either ids or filter' };
const one = ({ ids, filter, cursor: from }: { ids?: unknown; filter?: unknown; cursor?: unknown }): boolean =>
  (ids === undefined) !== (filter === undefined) && (from === undefined || filter !== undefined);

/** `POST /api/tasks/cancel` */
export const cancelTasksRequest = z
  .strictObject({ ...selection(['queued', 'held']), reason: reason.optional() })
  .refine(one, EITHER)
  .meta({ id: 'CancelTasksRequest' });

/** `POST /api/tasks/retry` */
export const retryTasksRequest = z
  .strictObject({
    ...selection(['failed', 'cancelled']),
    from_start: z.boolean().default(false).describe('true: the cursor that an earlier run has left is forgotten'),
    reason: reason.optional(),
  })
  .refine(one, EITHER)
  .meta({ id: 'RetryTasksRequest' });

/** `POST /api/tasks/move` */
export const moveTasksRequest = z
  .strictObject({
    ...selection(['queued', 'held', 'running']),
    priority: z.int().min(-32_768).max(32_767).describe('smaller goes first'),
    reason: reason.optional(),
  })
  .refine(one, EITHER)
  .meta({ id: 'MoveTasksRequest' });

export const actQuery = z.strictObject({ dry_run: queryFlag.optional() });

/** What a call has changed. */
export const actAnswer = z
  .strictObject({
    changed: z.int(),
    changed_ids: z.array(id),
    passed_over: passedOver,
    next_cursor: z
      .string()
      .nullable()
      .describe('the filter may find more: call again with this; null: it has been through'),
  })
  .meta({ id: 'ActAnswer' });

/** What a call would change, asked with `dry_run`. */
export const actPreview = z
  .strictObject({
    dry_run: z.literal(true),
    count: z.int().describe('tasks that it would change, counted up to 10000'),
    more: z.boolean().describe('true: there are more than were counted'),
    broad: z.boolean().describe('true: twenty or more'),
    first_ids: z.array(id).describe('the first ten of them'),
    passed_over: passedOver,
  })
  .meta({ id: 'ActPreview' });

/** How many runs one call stops. */
export const STOP_RUNS_MAX = 1_000;

/** `POST /api/tasks/stop` */
export const stopTasksRequest = z
  .strictObject({
    ids: z
      .array(id)
      .min(1)
      .max(ACT_TASKS_MAX)
      .optional()
      .describe('the runs of these tasks; either this, `filter` or `pause_id`'),
    filter: z
      .strictObject({
        agent_id: filterFields.agent_id,
        skill: filterFields.skill,
        quest_id: filterFields.quest_id,
        actor_id: filterFields.actor_id,
        repo: filterFields.repo,
        running_longer_than_seconds: z.int().min(1).max(315_360_000).optional(),
      })
      .optional()
      .describe(
        'all runs that are like this, by the labels with which they were claimed; those that are being ' +
          'stopped are left out',
      ),
    pause_id: id
      .optional()
      .describe('all runs that this active pause covers; those that are being stopped are left out'),
    then: stopThen.default('requeue'),
    grace_seconds: stopGraceSeconds.default(STOP_GRACE_SECONDS),
    reason,
  })
  .refine(
    ({ ids, filter, pause_id: pause }) => [ids, filter, pause].filter((given) => given !== undefined).length === 1,
    { error: 'needs one of ids, filter and pause_id' },
  )
  .meta({ id: 'StopTasksRequest' });

/** `POST /api/tasks/:id/stopped`: a worker has ended a run because it was told to. */
export const stoppedRequest = z
  .strictObject({
    run_id: runId,
    cursor: jsonValue.optional().describe('given to the next run; absent: the former one stays'),
  })
  .meta({ id: 'StoppedRequest' });

export type CancelTasksRequest = z.input<typeof cancelTasksRequest>;
export type RetryTasksRequest = z.input<typeof retryTasksRequest>;
export type MoveTasksRequest = z.input<typeof moveTasksRequest>;
export type StopTasksRequest = z.input<typeof stopTasksRequest>;
export type StoppedRequest = z.input<typeof stoppedRequest>;
export type ActAnswer = z.infer<typeof actAnswer>;
export type ActPreview = z.infer<typeof actPreview>;
