import type { TaskEventView } from '@orchestra/task-queue/contract';
import { z } from 'zod';

/** What the claim writes when it puts a task off for a pause. */
export const deferral = z.looseObject({
  pause_id: z.string(),
  scope_kind: z.string(),
  scope_value: z.string(),
  reason: z.string(),
  next_eligible_at: z.string(),
});

/** The event of a task that was put off for this pause; undefined: it was not, so far. */
export function deferredFor(events: readonly TaskEventView[], pauseId: string): TaskEventView | undefined {
  return events.find((event) => {
    const data = deferral.safeParse(event.data);
    return event.kind === 'deferred' && data.success && data.data.pause_id === pauseId;
  });
}
