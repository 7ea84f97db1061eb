import type { Database } from '@orchestra/database';
import { alarmAutoPauses } from '@orchestra/pause-core';
import type { Logger } from '@orchestra/service-shell';
import type { CascadeMetrics } from '../cascade-metrics.ts';
import type { Stage } from '../sweep.ts';

/**
 * Tells what the sweep did, and raises an alarm about a source that has too much paused. The history needs nothing from
 * here: it was written with the pause.
 *
 * @throws when actors could not be judged, so that the loop tells it once and tries again
 */
export function record({
  db,
  alarmAfter,
  log,
  metrics,
}: {
  db: Database;
  alarmAfter: number;
  log: Logger;
  metrics: CascadeMetrics;
}): Stage {
  return async ({ actors, paused, failed }) => {
    for (const { actor, pauseId, ttlSeconds } of paused) {
      metrics.autoPauses.inc();
      log.warn(
        { actor, pause_id: pauseId, ttl_seconds: ttlSeconds },
        'paused an actor by itself: too many critical alerts',
      );
    }
    for (const { source, pauses } of paused.length === 0 ? [] : await alarmAutoPauses(db, alarmAfter)) {
      metrics.autoPauseFloods.inc();
      log.error(
        { source, auto_pauses: pauses },
        'the alerts of one source have paused more actors within an hour than is usual: raised an alert',
      );
    }
    if (failed.length === 0) return null;
    metrics.notJudged.inc(failed.length);
    throw new Error(`${failed.length} of ${actors.length} actors could not be judged, the first: ${failed[0]?.actor}`, {
      cause: failed[0]?.error,
    });
  };
}
