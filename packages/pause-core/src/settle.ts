import { setTimeout as delay } from 'node:timers/promises';
import type { Queryable } from '@orchestra/database';
import { olderSnapshots } from './queries/older-snapshots.ts';

/** How long a pause call waits for earlier claims by default. */
export const SETTLE_TIMEOUT_MS = 2_000;

// A claim takes a few milliseconds: the first looks follow each other at once, and their way to the server and back is
// wait enough. A claim that hangs is looked at less and less often.
const LOOKS_AT_ONCE = 4;
const FIRST_WAIT_MS = 1;
const LONGEST_WAIT_MS = 50;

/**
 * Waits until every claim that began before this call has ended (P2). Call it after the pause has committed.
 *
 * A claim's statement names the empty table `claim_marker`, so it holds a lock on it from before it takes its snapshot
 * until its transaction ends. A claim that does not hold that lock now will take its snapshot later and see the pause;
 * one that does is waited for, by its virtual transaction id, which is never used twice.
 *
 * @returns false when a claim outlived `timeoutMs`
 */
export async function settleClaims(db: Queryable, options: { timeoutMs?: number | undefined } = {}): Promise<boolean> {
  const deadline = performance.now() + (options.timeoutMs ?? SETTLE_TIMEOUT_MS);
  let earlier = await claimsUnderWay(db);
  for (let looks = 1; earlier.length > 0; looks++) {
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) return false;
    if (looks >= LOOKS_AT_ONCE)
      await delay(Math.min(FIRST_WAIT_MS * 2 ** (looks - LOOKS_AT_ONCE), LONGEST_WAIT_MS, leftMs));
    const still = new Set(await claimsUnderWay(db));
    earlier = earlier.filter((claim) => still.has(claim));
  }
  return true;
}

/**
 * Waits until no transaction may read without this pause any more: for claims that read an old snapshot. Call it after
 * the pause has committed.
 *
 * @returns false when one outlived `timeoutMs`; null when the connected role may not see those of others
 */
export async function settleSnapshots(
  db: Queryable,
  pauseId: string,
  { timeoutMs = SETTLE_TIMEOUT_MS }: { timeoutMs?: number | undefined } = {},
): Promise<boolean | null> {
  const deadline = performance.now() + timeoutMs;
  for (let looks = 0; ; looks++) {
    const older = await olderSnapshots(db, pauseId);
    if (older === null || older === 0) return older === null ? null : true;
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) return false;
    await delay(Math.min(FIRST_WAIT_MS * 2 ** looks, LONGEST_WAIT_MS, leftMs));
  }
}

/** How long a reader waits at most for claims that may have begun before a pause. */
const SHORT_WAIT_MS = 250;

/**
 * Of a pause that was made some time ago: has every claim that began before it ended? A claim under way may have begun
 * before it where its snapshot is no newer than the pause's transaction. Most of these have one that is newer, or end
 * within milliseconds; so only those that are still there after a quarter of a second are taken for earlier ones.
 */
export async function isSettled(db: Queryable, pauseId: string): Promise<boolean> {
  const deadline = performance.now() + SHORT_WAIT_MS;
  let earlier = await perhapsBefore(db, pauseId);
  while (earlier.length > 0 && performance.now() < deadline) {
    await delay(LONGEST_WAIT_MS);
    const still = new Set(await perhapsBefore(db, pauseId));
    earlier = earlier.filter((claim) => still.has(claim));
  }
  return earlier.length === 0;
}

/**
 * Claims under way that may have begun before this pause. A role that may not see the snapshots of others takes each
 * for one.
 */
async function perhapsBefore(db: Queryable, pauseId: string): Promise<string[]> {
  const { rows } = await db.query<{ virtualtransaction: string }>({
    name: 'orchestra-claims-before-a-pause',
    text: `
    select l.virtualtransaction
      from pg_locks l
      left join pg_stat_activity a on a.pid = l.pid
     cross join (select p.xmin from senate_pause p where p.id = $1) p
     where l.locktype = 'relation' and l.granted and l.relation = 'claim_marker'::regclass
       and l.database = (select d.oid from pg_database d where d.datname = current_database())
       and (a.backend_xmin is null or age(a.backend_xmin) >= age(p.xmin))`,
    values: [pauseId],
  });
  return rows.map((row) => row.virtualtransaction);
}

/** Transactions that hold the claim's lock. One that still waits for it has no snapshot yet and does not count. */
async function claimsUnderWay(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ virtualtransaction: string }>({
    name: 'orchestra-claims-under-way',
    text: `
    select l.virtualtransaction
      from pg_locks l
     where l.locktype = 'relation' and l.granted and l.relation = 'claim_marker'::regclass
       and l.database = (select d.oid from pg_database d where d.datname = current_database())`,
  });
  return rows.map((row) => row.virtualtransaction);
}
