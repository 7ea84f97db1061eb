import { SQLSTATE, sqlState, type Database, type Transaction } from '@orchestra/database';
import { runOnce, type Idempotency } from './run-once.ts';

/**
 * {@link runOnce} for work whose rows ring the bell. With the server's notification queue full, the bell would take
 * down with it what was written: then once more, without a bell. Every listener also reads periodically, so
 * only time is lost.
 */
export async function runRinging<T>(
  db: Database,
  idempotency: Idempotency | undefined,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  try {
    return await runOnce(db, idempotency, work);
  } catch (error) {
    if (sqlState(error) !== SQLSTATE.notifyQueueFull) throw error;
    return runOnce(db, idempotency, async (tx) => {
      await tx.query("set local orchestra.bell = 'off'");
      return work(tx);
    });
  }
}
