import { setTimeout as delay } from 'node:timers/promises';
import type { Queryable } from '@orchestra/database';

/** How long a pause call waits for earlier claims by default. */
export const SETTLE_TIMEOUT_MS = 2_000;

// A claim takes a few milliseconds, so the first looks come quickly; a claim that hangs is looked at less often.
const FIRST_LOOK_MS = 1;
const SLOWEST_LOOK_MS = 50;

/**
 * Waits until every claim that began before this call has ended (P2). Call it after the pause has committed.
 *
 * A claim's statement names the empty table `claim_marker`, so it holds a lock on it from before it takes its snapshot
 * until its transaction ends. A claim that does not hold that lock now will take its snapshot later and see the pause;
 * one that does is waited for, by its virtual transaction id, which is never used twice.
 *
 * @returns false when a claim outlived `timeoutMs`
 */
export async function settleClaims(db: Queryable, options: { timeoutMs?: number } = {}): Promise<boolean> {
  const deadline = performance.now() + (options.timeoutMs ?? SETTLE_TIMEOUT_MS);
  let earlier = await claimsUnderWay(db);
  for (let waitMs = FIRST_LOOK_MS; earlier.length > 0; waitMs = Math.min(waitMs * 2, SLOWEST_LOOK_MS)) {
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) return false;
    await delay(Math.min(waitMs, leftMs));
    const still = new Set(await claimsUnderWay(db));
    earlier = earlier.filter((claim) => still.has(claim));
  }
  return true;
}

/** Transactions that hold the claim's lock. One that still waits for it has no snapshot yet and does not count. */
async function claimsUnderWay(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ virtualtransaction: string }>(
    `select l.virtualtransaction
       from pg_locks l
      where l.locktype = 'relation' and l.granted and l.relation = 'claim_marker'::regclass
        and l.database = (select d.oid from pg_database d where d.datname = current_database())`,
  );
  return rows.map((row) => row.virtualtransaction);
}
