import type { Database } from '@orchestra/database';
import type { Logger } from '@orchestra/service-shell';
import { fenceStops, settleStops } from '@orchestra/task-queue';

// While runs are being stopped, those that have come to another end are seen this often.
const LOOK_AGAIN_MS = 1_000;

/**
 * One round: runs that were told to stop and have not are taken away, and orders whose runs have ended otherwise are
 * closed.
 */
export function seeToStops({
  db,
  log,
  onReturned,
}: {
  db: Database;
  log: Logger;
  /** Tasks went back to the queue. */
  onReturned: () => void;
}): () => Promise<number | undefined> {
  return async () => {
    const fenced = await fenceStops(db, ({ taskId, error: err }) =>
      log.error({ task: taskId, err }, 'a run that was told to stop could not be taken away; it is tried again'),
    );
    if (fenced > 0) {
      log.warn(
        { fenced },
        'took runs away from workers that had not ended them in time, though an operator has stopped them',
      );
      onReturned();
    }
    const inSeconds = await settleStops(db);
    return inSeconds === undefined ? undefined : Math.min(Math.max(inSeconds * 1_000, 0), LOOK_AGAIN_MS);
  };
}
