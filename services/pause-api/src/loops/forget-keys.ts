import type { Database } from '@orchestra/database';
import { forgetOldKeys } from '@orchestra/pause-core';
import { startLoop, type Logger, type Loop } from '@orchestra/service-shell';

const EVERY_MS = 10 * 60_000;

/** Deletes idempotency keys that nobody repeats any more. */
export function startKeyKeeper({ db, log }: { db: Database; log: Logger }): Loop {
  return startLoop({
    name: 'forgetting old idempotency keys',
    everyMs: EVERY_MS,
    log,
    round: async () => {
      await forgetOldKeys(db);
    },
  });
}
