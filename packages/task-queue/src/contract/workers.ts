import { id, instant, label, page, runId } from '@orchestra/pause-core/contract';
import { z } from 'zod';

/** Of each worker so many runs and so many of its questions are listed, the newest first. */
export const WORKER_LISTED_MAX = 5;

/** `GET /api/queue/workers` */
export const workersQuery = z.strictObject({
  contains: label.optional().describe('only workers whose names hold this text'),
  limit: page.shape.limit,
});
export const workerView = z
  .strictObject({
    worker: z.string(),
    host: z.string().nullable().describe('where it was when it reported last'),
    last_reported_at: instant.describe(
      'when it asked for tasks or sent a heartbeat last; asking is noted within a minute',
    ),
    asks: z
      .array(
        z.strictObject({
          agents: z.array(z.string()).nullable().describe('null: tasks of any agent'),
          skills: z.array(z.string()).nullable().describe('null: tasks of any skill'),
          host: z.string().nullable(),
          seen_at: instant,
        }),
      )
      .describe('which tasks it has asked for within the last day, the newest five'),
    running: z.int(),
    runs: z
      .array(
        z.strictObject({
          task_id: id,
          run_id: runId,
          agent_id: z.string().nullable(),
          skill: z.string().nullable(),
          started_at: instant.nullable(),
          heartbeat_at: instant.nullable(),
        }),
      )
      .describe('what it runs, the newest five'),
  })
  .meta({ id: 'Worker' });
export const workers = z
  .strictObject({
    age_ms: z.number().describe('how long ago this was read'),
    workers: z.array(workerView).describe('those that reported last first'),
    more: z.boolean().describe('true: there are more than were asked for'),
  })
  .meta({ id: 'Workers' });

export type WorkersQuery = z.input<typeof workersQuery>;
export type WorkerView = z.infer<typeof workerView>;
export type Workers = z.infer<typeof workers>;
