import { id, instant, runId, scopeKind, toldLabels } from '@orchestra/pause-core/contract';
import { z } from 'zod';
import { taskStatus } from './tasks.ts';

/** So many tasks that stand in front of one are counted. */
export const AHEAD_COUNTED_MAX = 1_000;

/**
 * What can hold a task, in the order in which it has to go; and, last, the two answers of a task that nothing holds any
 * more.
 */
export const HOLD_KINDS = [
  'held',
  'question',
  'parked',
  'pause',
  'frozen',
  'serial_gate',
  'not_before',
  'no_worker',
  'running',
  'attempts',
  'ended',
] as const;
export type HoldKind = (typeof HOLD_KINDS)[number];

/** One thing that keeps a task from starting. Of the ids it has those that its kind knows. */
export const hold = z
  .strictObject({
    kind: z
      .enum(HOLD_KINDS)
      .describe('`running`, `attempts` and `ended` hold nothing: they say where a task is that does not wait'),
    since: instant.nullable(),
    until: instant.nullable().describe('when it goes by itself; null: it does not, or nobody knows when'),
    says: z.string().describe('all of it in a sentence, for a person'),
    pause_id: id.optional(),
    scope_kind: scopeKind.optional(),
    scope_value: z.string().optional(),
    also: toldLabels.optional().describe('further labels that the pause names'),
    by: z.string().optional().describe('who paused, parked or froze'),
    reason: z.string().optional().describe('why somebody paused, parked or froze; why it is held; what was asked'),
    fix: z.string().optional().describe('what to repair'),
    task_id: id
      .optional()
      .describe('another task: the one that has the repo’s gate, or that a pause lets through as its probe'),
    run_id: runId.optional().describe('its run, or the task’s own'),
    worker: z.string().optional(),
    host: z.string().optional(),
    repo: z.string().optional(),
    position: z.int().optional().describe('in the repo’s line, the first being 1; counted up to 1001'),
  })
  .meta({ id: 'Hold' });

/** `GET /api/tasks/:id/why` */
export const taskWhy = z
  .strictObject({
    task_id: id,
    status: taskStatus,
    at: instant.describe('the instant of which all of this is true, by the database’s clock'),
    can_start_now: z
      .boolean()
      .describe('nothing holds it: it starts as soon as those in front of it have been taken and a worker asks'),
    holds: z.array(hold).describe('everything that holds it; what must go first comes first'),
    ahead: z.strictObject({
      count: z.int().describe('tasks that may start now and stand in front of it, counted up to 1000'),
      more: z.boolean().describe('true: there are more'),
    }),
    earliest_start: instant.nullable().describe('null: that depends on a person, on another task, or on a worker'),
    if_cleared: z
      .array(
        z.strictObject({
          pause_id: id,
          ready_at: instant
            .nullable()
            .describe(
              'when nothing would hold it any more; it starts when those ahead have been taken and a worker asks. ' +
                'null: something else holds it, and nobody knows how long',
            ),
          ahead: z
            .strictObject({
              count: z
                .int()
                .describe(
                  'tasks that could start then as well, stand in front of it, and are taken by the same workers; ' +
                    'counted up to 1000',
                ),
              more: z.boolean().describe('true: there are more'),
            })
            .nullable()
            .describe('null: too many pauses cover it, and this one was not counted'),
        }),
      )
      .describe(
        'for each pause over it: when it is ready if that one alone were cleared now, and how many tasks are ' +
          'ahead of it then',
      ),
  })
  .meta({ id: 'TaskWhy' });

export type Hold = z.infer<typeof hold>;
export type TaskWhy = z.infer<typeof taskWhy>;
