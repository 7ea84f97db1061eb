import type { Database } from '@orchestra/database';
import {
  advanceHorizon,
  dropEmptyLanes,
  admitDueTasks,
  advanceLaneHeads,
  sumUpTotals,
  type HorizonLook,
} from '@orchestra/task-queue';

// Each lane without waiting tasks costs every claim a look. Making it again costs the caller that adds the next task.
const DROP_EVERY_MS = 10_000;
// Raising a head is a write. Where hundreds of lanes move at a time it is done less often, or it would cost what it
// saves.
const LANES_MAX = 1_000;
const MANY_RAISED = 100;
const MANY_RAISED_GAP_MS = 1_000;
// Walking past a place costs about as much as passing by a former version of a lane, and under an old snapshot both
// stay: a report that runs for minutes would make claims crawl through the raises of those minutes.
const PLACES_WORTH = 4_000;

/**
 * Makes the rounds that keep the lanes in order: the horizon follows the ids, heads follow the first tasks that wait,
 * lanes that have been empty go, and the counts of finished tasks are summed up. All of it saves the claims time and
 * decides nothing, so a round that fails, or two services at it side by side, do no harm.
 *
 * @returns a round; it answers after how many milliseconds the next one has something to do, also when nothing is
 *   claimed
 */
export function keepLanes(db: Database): () => Promise<number | undefined> {
  let earlier: HorizonLook | null = null;
  let droppedAtMs = -Infinity;
  let raiseFromMs = 0;
  return async () => {
    await admitDueTasks(db);
    earlier = await advanceHorizon(db, earlier);
    if (performance.now() >= raiseFromMs && (await advanceLaneHeads(db, LANES_MAX, PLACES_WORTH)) >= MANY_RAISED)
      raiseFromMs = performance.now() + MANY_RAISED_GAP_MS;
    const dropInMs = droppedAtMs + DROP_EVERY_MS - performance.now();
    // What this round leaves, of the last claims too, is done with the lanes they have emptied.
    if (dropInMs > 0) return dropInMs;
    droppedAtMs = performance.now();
    await sumUpTotals(db);
    return (await dropEmptyLanes(db)) > 0 ? DROP_EVERY_MS : undefined;
  };
}
