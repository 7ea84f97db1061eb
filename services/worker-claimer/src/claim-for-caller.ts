import type { Database } from '@orchestra/database';
import type { Idempotency } from '@orchestra/pause-core';
import type { Logger } from '@orchestra/service-shell';
import { claimTasks, claimTasksOnce, releaseRun, type ClaimOrder } from '@orchestra/task-queue';
import type { ClaimedTask } from '@orchestra/task-queue/contract';
import type { QueueMetrics } from './queue-metrics.ts';

export interface Caller {
  idempotency: Idempotency | undefined;
  /** Aborts when the caller has gone before the whole answer was on its way. */
  gone: AbortSignal;
  log: Logger;
}

export interface ClaimPlace {
  db: Database;
  metrics: QueueMetrics;
  /** Tasks went back to the queue. */
  onReturned: () => void;
}

/**
 * Claims for somebody who may go away at any moment. A caller that has gone claims nothing; if it goes while the claim is
 * under way, or before its answer is written, the tasks go back to their places at once instead of waiting out a lease.
 *
 * Not so with an Idempotency-Key: that is the caller's word that it will ask again, and the same tasks are then waiting for
 * it. Handing them back could take them from the repeated call. If it never comes, the reaper takes them.
 */
export async function claimForCaller({ db, metrics, onReturned }: ClaimPlace, order: ClaimOrder, { idempotency, gone, log }: Caller): Promise<ClaimedTask[]> {
  if (gone.aborted) return [];
  const observed = metrics.claimSeconds.startTimer();
  const tasks = idempotency === undefined ? await claimTasks(db, order) : await claimTasksOnce(db, order, idempotency);
  observed();
  metrics.claims.inc({ found: tasks.length > 0 ? 'tasks' : 'nothing' });
  metrics.tasksClaimed.inc(tasks.length);
  if (tasks.length === 0 || idempotency !== undefined) return tasks;

  const handBack = async (): Promise<void> => {
    metrics.claimersGone.inc();
    const ended = await Promise.allSettled(tasks.map((task) => releaseRun(db, task.id, task.run_id, { cause: 'shutdown' })));
    const failed = ended.filter((one) => one.status === 'rejected');
    log.warn({ worker: order.worker, tasks: tasks.length, not_returned: failed.length, err: failed[0]?.reason },
      'the caller of a claim has gone; its tasks go back to the queue, those that could not be returned when their lease ends');
    onReturned();
  };
  if (gone.aborted) {
    await handBack();
    return [];
  }
  gone.addEventListener('abort', () => void handBack(), { once: true });
  return tasks;
}
