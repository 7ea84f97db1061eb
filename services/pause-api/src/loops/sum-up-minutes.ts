import type { Database } from '@orchestra/database';
import { startLoop, type Logger, type Loop } from '@orchestra/service-shell';
import { sumUpMinutes } from '@orchestra/task-queue';

const EVERY_MS = 60_000;
const AT_ONCE_MS = 100;

/** Counts what happened in the queue minute by minute, for the charts of a day and of a week. */
export function startMinuteCounter({ db, log }: { db: Database; log: Logger }): Loop {
  return startLoop({
    name: 'counting the minutes of the queue',
    everyMs: EVERY_MS,
    log,
    round: async () => ((await sumUpMinutes(db)) ? AT_ONCE_MS : undefined),
  });
}
