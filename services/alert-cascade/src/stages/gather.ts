import type { Queryable } from '@orchestra/database';
import { autoPauseCandidates, type AlertRule } from '@orchestra/pause-core';
import type { CascadeMetrics } from '../cascade-metrics.ts';
import type { Stage } from '../sweep.ts';

/** The actors with alerts enough that they may be due. Mostly there is none, and the sweep ends here. */
export function gather({ db, rule, metrics }: { db: Queryable; rule: AlertRule; metrics: CascadeMetrics }): Stage {
  return async (sweep) => {
    const actors = await autoPauseCandidates(db, rule);
    metrics.candidates.set(actors.length);
    return actors.length === 0 ? null : { ...sweep, actors };
  };
}
