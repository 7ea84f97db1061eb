import { z } from 'zod';
import { id, instant, reason, runId } from './text.ts';

/** What becomes of a task whose run is stopped. */
export const STOP_THENS = ['requeue', 'cancel'] as const;
export const stopThen = z.enum(STOP_THENS).meta({
  id: 'StopThen',
  description: 'requeue: back to its place with its cursor, and no attempt used; cancel: it is cancelled',
});
export type StopThen = z.infer<typeof stopThen>;

/** How long a worker has to end a run that was stopped, before the run is taken away from it. */
export const STOP_GRACE_SECONDS = 10;
export const stopGraceSeconds = z
  .int()
  .min(1)
  .max(3_600)
  .describe('after so long the run is taken away from a worker that has not ended it; 10 unless given');

/** How far an order to stop has come with one run. */
export const STOP_STATES = ['asked', 'told', 'obeyed', 'ended', 'fenced'] as const;

export const passedOver = z
  .array(z.strictObject({ id, says: z.string().describe('why nothing was done about it') }))
  .describe('of the tasks that were named by their ids');

export const stoppedRun = z
  .strictObject({
    task_id: id,
    run_id: runId,
    worker: z.string().nullable(),
    host: z.string().nullable(),
    pid: z.int().nullable(),
    state: z
      .enum(STOP_STATES)
      .describe(
        'asked: its worker does not know yet; told: it does; obeyed: it has ended the run; ended: the run ' +
          'came to another end first; ' +
          'fenced: it was not ended in time, so it was taken away and may still be at work',
      ),
    told_at: instant.nullable(),
    ended_at: instant.nullable(),
    fence_at: instant.describe('when the run is taken away from a worker that has not ended it'),
  })
  .meta({ id: 'StoppedRun' });

/** How an order to stop runs stands. */
export const stopView = z
  .strictObject({
    id: id.nullable().describe('null: nothing ran, so there is no order'),
    asked_at: instant.nullable(),
    asked_by: z.string(),
    reason,
    then: stopThen,
    runs_count: z.int(),
    told_count: z.int().describe('runs whose workers know of it, also those that have ended since'),
    obeyed_count: z.int().describe('ended by their workers for this order'),
    ended_count: z.int().describe('came to another end first'),
    fenced_count: z
      .int()
      .describe('taken away, because their workers did not end them in time: they may still be at work'),
    waiting_count: z.int().describe('neither ended nor taken away yet'),
    runs: z.array(stoppedRun).describe('those that were taken away first, then those that are waited for; 200 at most'),
    passed_over: passedOver,
    more: z.boolean().describe('true: more runs are like this than one call stops; call again'),
  })
  .meta({ id: 'Stop' });

/** Runs were told to stop. Their workers look; everybody else is told. */
export const stopOrdered = z
  .strictObject({
    id,
    task_ids: z.array(id),
    asked_at: instant,
    asked_by: z.string(),
    reason: z.string(),
    then: stopThen,
  })
  .meta({ id: 'StopOrdered' });

export type StopView = z.infer<typeof stopView>;
export type StoppedRun = z.infer<typeof stoppedRun>;
export type StopOrdered = z.infer<typeof stopOrdered>;
