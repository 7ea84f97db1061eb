import type { Database } from '@orchestra/database';
import { checkAutoPause, type AlertRule, type AutoPause } from '@orchestra/pause-core';
import type { Stage } from '../sweep.ts';

// A burst about a thousand actors must not take the whole pool.
const ACTORS_AT_ONCE = 4;

/**
 * Judges each actor and pauses it where that is due. One stage for both: verdict and pause are one transaction under
 * the actor's lock, or two cascades would pause twice. An actor that cannot be judged does not keep the others waiting.
 */
export function judge({ db, rule }: { db: Database; rule: AlertRule }): Stage {
  return async (sweep) => {
    const paused: AutoPause[] = [];
    const failed: { actor: string; error: unknown }[] = [];
    const left = sweep.actors.toReversed();
    await Promise.all(
      Array.from({ length: ACTORS_AT_ONCE }, async () => {
        for (let actor = left.pop(); actor !== undefined; actor = left.pop()) {
          try {
            const pause = await checkAutoPause(db, actor, rule);
            if (pause !== null) paused.push(pause);
          } catch (error) {
            failed.push({ actor, error });
          }
        }
      }),
    );
    return { ...sweep, paused, failed };
  };
}
