import type { Database } from '@orchestra/database';
import { closeExpiredPauses, type PauseReplica } from '@orchestra/pause-core';
import { startLoop, type Logger, type Loop } from '@orchestra/service-shell';
import type { PauseMetrics } from '../pause-metrics.ts';

// What the replica knows is closed to the moment; this is for what it cannot know.
const TICK_MS = 10_000;
// A little past the end, so that the database's clock has passed it too.
const PAST_THE_END_MS = 5;

/**
 * Closes pauses that have reached their end. Nobody's work waits for this, the claim judges the end itself; it is for the
 * row, the history and the subscribers. Any number of instances may do it.
 */
export function startSweeper({ db, replica, metrics, log }: { db: Database; replica: PauseReplica; metrics: PauseMetrics; log: Logger }): Loop {
  return startLoop({
    name: 'the sweeper of ended pauses', everyMs: TICK_MS, log,
    round: async () => {
      const closed = await closeExpiredPauses(db);
      metrics.pausesExpired.inc(closed);
      if (closed > 0) log.info({ closed }, 'pauses reached their end');
      const ends = replica.pauses().map((pause) => pause.remainingMs ?? Infinity);
      return Math.min(TICK_MS, ...ends.slice(0, 1_000)) + PAST_THE_END_MS;
    },
  });
}
