import { z } from 'zod';
import { id, instant, reason } from './text.ts';

/**
 * `POST /api/senate/release`: lets tasks of a paused backlog go, one after the other, while the pause holds the rest.
 */
export const backlogReleaseRequest = z
  .strictObject({
    id: id.describe('of the active pause'),
    one: z.literal(true).optional().describe('one task, now'),
    gap_seconds: z
      .number()
      .min(0.1)
      .max(86_400)
      .optional()
      .describe('all that waits, one task in this number of seconds at the most'),
    within_seconds: z
      .int()
      .min(1)
      .max(31_536_000)
      .optional()
      .describe('all that waits now, spread evenly over this number of seconds'),
    stop: z.literal(true).optional().describe('let no more go; the pause holds on'),
    reason: reason.optional().describe('saved in the history'),
  })
  .refine(
    (request) =>
      [request.one, request.gap_seconds, request.within_seconds, request.stop].filter((given) => given !== undefined)
        .length === 1,
    { path: ['one'], error: 'say exactly one of one, gap_seconds, within_seconds and stop' },
  )
  .meta({ id: 'BacklogReleaseRequest' });

/** How far a release has come. */
export const releaseView = z
  .strictObject({
    pause_id: id,
    asked_at: instant,
    asked_by: z.string(),
    reason: z.string().nullable(),
    gap_seconds: z.number().nullable().describe('at the least so long between two tasks; null: it was for one task'),
    next_at: instant
      .nullable()
      .describe('no further task is let go before this; it also has to wait until the one before has started'),
    released: z.int().describe('how many tasks were let go'),
    last_task_id: id.nullable(),
    ended_at: instant.nullable(),
    ended_as: z
      .enum(['done', 'stopped', 'replaced'])
      .nullable()
      .describe('done: nothing waits any more, and the pause has ended; of one task: it was let go'),
  })
  .meta({ id: 'BacklogRelease' });

export const backlogReleaseAnswer = z
  .strictObject({ release: releaseView.nullable().describe('null: there was none to stop') })
  .meta({ id: 'BacklogReleaseAnswer' });

export type BacklogReleaseRequest = z.input<typeof backlogReleaseRequest>;
export type ReleaseView = z.infer<typeof releaseView>;
export type BacklogReleaseAnswer = z.infer<typeof backlogReleaseAnswer>;
