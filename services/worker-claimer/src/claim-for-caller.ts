import type { Database } from '@orchestra/database';
import type { Idempotency } from '@orchestra/pause-core';
import type { Logger } from '@orchestra/service-shell';
import {
  claimTasks,
  claimTasksOnce,
  finishRuns,
  tasksOf,
  turn,
  waitsForGates,
  type ClaimOrder,
  type ClaimStrategyCache,
  type StageRules,
} from '@orchestra/task-queue';
import type { ClaimedTask, Ending, RunFinishResult } from '@orchestra/task-queue/contract';
import type { QueueMetrics } from './queue-metrics.ts';

export interface Caller {
  idempotency: Idempotency | undefined;
  /** Aborts when the caller has gone before the whole answer was on its way. */
  gone: AbortSignal;
  log: Logger;
}

export interface ClaimPlace {
  db: Database;
  ways: ClaimStrategyCache;
  metrics: QueueMetrics;
  /** Where tasks with stages go when their runs end. */
  rules: StageRules;
  /** Tasks were taken out of the queue. */
  onClaimed: () => void;
  /** Tasks went back to the queue. */
  onReturned: () => void;
}

/**
 * Claims for somebody who may go away at any moment. A caller that has gone claims nothing; if it goes while the claim
 * is under way, or before its answer is written, the tasks go back to their places at once instead of waiting out a
 * lease.
 *
 * Not so with an Idempotency-Key: that is the caller's word that it will ask again, and the same tasks are then waiting
 * for it. Handing them back could take them from the repeated call. If it never comes, the reaper takes them.
 */
export async function claimForCaller(place: ClaimPlace, order: ClaimOrder, caller: Caller): Promise<ClaimedTask[]> {
  if (caller.gone.aborted) return [];
  const { db, ways } = place;
  const claim = () =>
    caller.idempotency === undefined
      ? claimTasks(db, order, ways)
      : claimTasksOnce(db, order, caller.idempotency, ways);
  return keptWhileWanted(place, await timed(place, claim, (tasks) => tasks.length), order, caller);
}

/**
 * Ends runs and then claims, by one call to the database and with one commit for both where the claim waits for nobody.
 * The endings are written also for a caller that has gone.
 */
export async function endAndClaim(
  place: ClaimPlace,
  endings: readonly Ending[],
  order: ClaimOrder,
  caller: Caller,
): Promise<{ tasks: ClaimedTask[]; ended: RunFinishResult[] }> {
  const { db, ways, rules } = place;
  // A repeated call finds the tasks of the first one; its endings answer by themselves what they did then. And tasks of
  // repos for which the serial gate does not hold are counted at their gates, for which a claim may have to wait: not
  // behind endings, which hold gates and lanes (docs/locking.md).
  if (caller.idempotency !== undefined || caller.gone.aborted || waitsForGates(order)) {
    const ended = await finishRuns(db, endings, rules);
    return { ended, tasks: await claimForCaller(place, order, caller) };
  }
  const answer = await timed(
    place,
    () => turn(db, { endings, claim: order }, ways, rules),
    ({ claimed }) => claimed,
  );
  return { ended: answer.ended, tasks: await keptWhileWanted(place, tasksOf(answer), order, caller) };
}

async function timed<T>(
  { metrics, onClaimed }: ClaimPlace,
  claim: () => Promise<T>,
  found: (answer: T) => number,
): Promise<T> {
  const observed = metrics.claimSeconds.startTimer();
  const answer = await claim();
  observed();
  const tasks = found(answer);
  metrics.claims.inc({ found: tasks > 0 ? 'tasks' : 'nothing' });
  metrics.tasksClaimed.inc(tasks);
  if (tasks > 0) onClaimed();
  return answer;
}

/** The tasks, unless their caller has gone; should it go before they are on their way, they go back. */
async function keptWhileWanted(
  { db, metrics, onReturned }: ClaimPlace,
  tasks: ClaimedTask[],
  order: ClaimOrder,
  { idempotency, gone, log }: Caller,
): Promise<ClaimedTask[]> {
  if (tasks.length === 0 || idempotency !== undefined) return tasks;
  const handBack = async (): Promise<void> => {
    metrics.claimersGone.inc();
    const failure = await finishRuns(
      db,
      tasks.map(({ id, run_id }) => ({ as: 'released', id, run_id, cause: 'shutdown' })),
    ).then(
      () => undefined,
      (error: unknown) => error,
    );
    log.warn(
      { worker: order.worker, tasks: tasks.length, err: failure },
      failure === undefined
        ? 'the caller of a claim has gone; its tasks went back to the queue'
        : 'the caller of a claim has gone; its tasks go back to the queue when their lease ends',
    );
    onReturned();
  };
  if (gone.aborted) {
    await handBack();
    return [];
  }
  gone.addEventListener('abort', () => void handBack(), { once: true });
  return tasks;
}
