import type { Logger } from '@orchestra/service-shell';
import type { CascadeMetrics } from '../cascade-metrics.ts';
import type { Stage } from '../sweep.ts';

/**
 * Tells what the sweep did. The history needs nothing from here: it was written with the pause.
 *
 * @throws when actors could not be judged, so that the loop tells it once and tries again
 */
export function record({ log, metrics }: { log: Logger; metrics: CascadeMetrics }): Stage {
  return async ({ actors, paused, failed }) => {
    for (const { actor, pauseId, ttlSeconds } of paused) {
      metrics.autoPauses.inc();
      log.warn({ actor, pause_id: pauseId, ttl_seconds: ttlSeconds }, 'paused an actor by itself: too many critical alerts');
    }
    if (failed.length === 0) return null;
    metrics.notJudged.inc(failed.length);
    throw new Error(`${failed.length} of ${actors.length} actors could not be judged, the first: ${failed[0]?.actor}`, { cause: failed[0]?.error });
  };
}
