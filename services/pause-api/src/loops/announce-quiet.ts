import type { Database } from '@orchestra/database';
import type { PauseReplica } from '@orchestra/pause-core';
import { startLoop, type Logger, type Loop } from '@orchestra/service-shell';
import { announceQuiet } from '@orchestra/task-queue';

const TICK_MS = 1_000;

/** Notes when the last run that a pause found in flight has ended. Asks only while there is such a pause. */
export function startQuietWatcher({ db, replica, log }: { db: Database; replica: PauseReplica; log: Logger }): Loop {
  return startLoop({
    name: 'the quiet watcher',
    everyMs: TICK_MS,
    log,
    round: async () => {
      if (replica.known && replica.pauses().every((pause) => pause.quietAt !== null)) return;
      const quiet = await announceQuiet(db);
      if (quiet > 0) log.info({ quiet }, 'pauses became quiet');
    },
  });
}
