import type { Database } from '@orchestra/database';
import type { Logger } from '@orchestra/service-shell';
import { healQueued, noteIdleReaperTick, noteReaperTick, reapRuns } from '@orchestra/task-queue';
import type { ReapCause } from '@orchestra/task-queue/contract';
import type { QueueMetrics } from '../queue-metrics.ts';
import type { Hearing } from './hearing.ts';
import type { LookForTheDead } from './look-for-the-dead.ts';

export interface ReaperOptions {
  db: Database;
  log: Logger;
  metrics: QueueMetrics;
  leaseSeconds: number;
  hearing: Hearing;
  theDead: LookForTheDead;
  /** false: impossible rows are left as they are. */
  heal: boolean;
  /** Tasks went back to the queue. */
  onReturned: () => void;
}

// Each statement takes a bounded number of rows; an old database may hold more impossible ones than that.
const HEAL_STATEMENTS_MAX = 1_000;

const WHY: Record<ReapCause, string> = {
  lease: 'took runs away from workers that sent no heartbeat',
  process_gone: 'took runs away from workers on this machine whose processes have ended',
  other_boot: 'took runs away from workers on this machine that ran before it was started anew',
};

/**
 * One tick: rows that cannot be are healed, and runs whose owner is dead, or sends no heartbeat, are taken away (P10, P15). A paused
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

async function tick(options: ReaperOptions): Promise<number | undefined> {
  const { db, log, metrics, leaseSeconds, hearing, theDead, onReturned } = options;
  const idle = await noteIdleReaperTick(db);
  if (idle !== undefined) {
    metrics.deferred.set(idle.deferred);
    hearing.stillDeafForMs(performance.now());
    return undefined;
  }
  if (options.heal) await healAll(options);
  const deafForMs = hearing.stillDeafForMs(performance.now());
  const dead = await theDead.round({ heard: deafForMs === 0 });
  const reaped = { process_gone: dead.processGone, other_boot: dead.otherBoot, lease: deafForMs > 0 ? 0 : await reapRuns(db, leaseSeconds) };
  for (const [cause, runs] of Object.entries(reaped) as [ReapCause, number][]) {
    if (runs === 0) continue;
    metrics.runsReaped.inc({ cause }, runs);
    log.warn({ reaped: runs, cause, lease_seconds: leaseSeconds }, WHY[cause]);
  }
  const { deferred } = await noteReaperTick(db);
  metrics.deferred.set(deferred);
  if (Object.values(reaped).some((runs) => runs > 0)) {
    onReturned();
    return 0;
  }
  const sooner = [dead.nextInMs, deafForMs > 0 ? deafForMs : undefined].filter((ms) => ms !== undefined);
  return sooner.length === 0 ? undefined : Math.min(...sooner);
}

async function healAll({ db, log, metrics, onReturned }: ReaperOptions): Promise<void> {
  for (let statement = 0; statement < HEAL_STATEMENTS_MAX; statement++) {
    const healed = await healQueued(db);
    if (healed === 0) return;
    metrics.queuedHealed.inc(healed);
    log.warn({ healed }, 'healed queued tasks that still named a run; an older schema leaves such rows');
    onReturned();
  }
}
