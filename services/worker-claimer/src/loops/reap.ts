import type { Database } from '@orchestra/database';
import type { Logger } from '@orchestra/service-shell';
import { healQueued, noteIdleReaperTick, noteReaperTick, reapRuns, type OnFailedRow } from '@orchestra/task-queue';
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
 * One tick: rows that cannot be are healed, and runs whose owner is dead, or sends no heartbeat, are taken away (P10,
 * P15). A paused row of that kind would make every claim that meets it fail, which is why healing comes first, and
 * before the first claim. A row that can be neither healed nor taken away is told of and stops nothing else.
 *
 * @returns after how many milliseconds to come again, where that is sooner than usual; 0 where runs were taken away:
 *   one
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
    metrics.deadlocks.set(idle.deadlocks);
    metrics.rowsFailing.set(0);
    hearing.stillDeafForMs(performance.now());
    return undefined;
  }
  const failing = new Set<string>();
  const failed =
    (what: 'heal' | 'reap'): OnFailedRow =>
    ({ taskId, error: err }) => {
      failing.add(taskId);
      metrics.rowsFailed.inc({ what });
      log.error(
        { task: taskId, err },
        `the row of a task could not be ${what === 'heal' ? 'healed' : 'taken from a lost worker'}; the ` +
          'others were, and this one is tried again in the next round',
      );
    };
  if (options.heal) await healAll(options, failed('heal'));
  const deafForMs = hearing.stillDeafForMs(performance.now());
  const dead = await theDead.round({ heard: deafForMs === 0, onFailed: failed('reap') });
  const reaped = {
    process_gone: dead.processGone,
    other_boot: dead.otherBoot,
    lease: deafForMs > 0 ? 0 : await reapRuns(db, leaseSeconds, failed('reap')),
  };
  for (const [cause, runs] of Object.entries(reaped) as [ReapCause, number][]) {
    if (runs === 0) continue;
    metrics.runsReaped.inc({ cause }, runs);
    log.warn({ reaped: runs, cause, lease_seconds: leaseSeconds }, WHY[cause]);
  }
  const { deferred, deadlocks } = await noteReaperTick(db, failing.size);
  metrics.deferred.set(deferred);
  metrics.deadlocks.set(deadlocks);
  metrics.rowsFailing.set(failing.size);
  if (Object.values(reaped).some((runs) => runs > 0)) {
    onReturned();
    return 0;
  }
  const sooner = [dead.nextInMs, deafForMs > 0 ? deafForMs : undefined].filter((ms) => ms !== undefined);
  return sooner.length === 0 ? undefined : Math.min(...sooner);
}

async function healAll({ db, log, metrics, onReturned }: ReaperOptions, onFailed: OnFailedRow): Promise<void> {
  let someFailed = false;
  // Where one has failed, all were gone through.
  for (let statement = 0; statement < HEAL_STATEMENTS_MAX && !someFailed; statement++) {
    const healed = await healQueued(db, (row) => {
      someFailed = true;
      onFailed(row);
    });
    if (healed === 0) return;
    metrics.queuedHealed.inc(healed);
    log.warn({ healed }, 'healed queued tasks that still named a run; an older schema leaves such rows');
    onReturned();
  }
}
