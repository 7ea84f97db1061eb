import type { Database } from '@orchestra/database';
import { forgetOldGates } from '@orchestra/pause-core';
import { startLoop, type Logger, type Loop } from '@orchestra/service-shell';

const EVERY_MS = 10 * 60_000;

/** Forgets gates that were not seen for a day. */
export function startGateKeeper({ db, log }: { db: Database; log: Logger }): Loop {
  return startLoop({ name: 'forgetting old gates', everyMs: EVERY_MS, log, round: () => forgetOldGates(db) });
}
