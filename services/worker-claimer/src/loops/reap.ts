import type { Database } from '@orchestra/database';
import type { Logger } from '@orchestra/service-shell';
import { countDeferred, healQueued, reapRuns } from '@orchestra/task-queue';
import type { QueueMetrics } from '../queue-metrics.ts';
import type { Hearing } from './hearing.ts';

export interface ReaperOptions {
  db: Database;
  log: Logger;
  metrics: QueueMetrics;
  leaseSeconds: number;
  hearing: Hearing;
  /** Tasks went back to the queue. */
  onReturned: () => void;
}

// Each statement takes a bounded number of rows; an old database may hold more impossible ones than that.
const HEAL_STATEMENTS_MAX = 1_000;

/**
 * One tick: rows that cannot be are healed, and runs whose owner sends no heartbeat are taken away (P10, P15). A paused
 * row of that kind would make every claim that meets it fail, which is why healing comes first, and before the first claim.
 *
 * @returns after how many milliseconds to come again, where that is sooner than usual; 0 where runs were taken away: one
 *   statement takes a bounded number of them
 */
export async function reap(options: ReaperOptions): Promise<number | undefined> {
  try {
    return await tick(options);
  } catch (error) {
    options.hearing.lost();
    throw error;
  }
}

async function tick({ db, log, metrics, leaseSeconds, hearing, onReturned }: ReaperOptions): Promise<number | undefined> {
  for (let statement = 0; statement < HEAL_STATEMENTS_MAX; statement++) {
    const healed = await healQueued(db);
    if (healed === 0) break;
    metrics.queuedHealed.inc(healed);
    log.warn({ healed }, 'healed queued tasks that still named a run; an older schema leaves such rows');
    onReturned();
  }
  metrics.deferred.set(await countDeferred(db));
  const deafForMs = hearing.stillDeafForMs(performance.now());
  if (deafForMs > 0) return deafForMs;
  const reaped = await reapRuns(db, leaseSeconds);
  if (reaped > 0) {
    metrics.runsReaped.inc(reaped);
    log.warn({ reaped, lease_seconds: leaseSeconds }, 'took runs away from workers that sent no heartbeat');
    onReturned();
  }
  return reaped > 0 ? 0 : undefined;
}
