import type { Database } from '@orchestra/database';
import type { Logger } from '@orchestra/service-shell';
import { deleteOldTasks, type ForgetMark } from '@orchestra/task-queue';
import type { QueueMetrics } from '../queue-metrics.ts';

// Between two statements of some thousand rows, so that claims and heartbeats do not feel them.
const BREATH_MS = 250;

/**
 * Makes rounds that delete finished tasks older than `days`, and their events; one bounded statement each, and the next
 * after a breath for as long as there is more. Two services at it side by side do no harm.
 */
export function forgetTasks({
  db,
  log,
  metrics,
  days,
}: {
  db: Database;
  log: Logger;
  metrics: QueueMetrics;
  days: number;
}): () => Promise<number | undefined> {
  let from: ForgetMark | undefined;
  let sum = { tasks: 0, events: 0 };
  return async () => {
    const { tasks, events, next } = await deleteOldTasks(db, days, from);
    from = next;
    sum = { tasks: sum.tasks + tasks, events: sum.events + events };
    metrics.tasksForgotten.inc(tasks);
    if (next !== undefined) return BREATH_MS;
    if (sum.tasks > 0)
      log.info({ ...sum, days }, 'deleted finished tasks and their events, as ORCHESTRA_RETENTION_DAYS asks');
    sum = { tasks: 0, events: 0 };
    return undefined;
  };
}
