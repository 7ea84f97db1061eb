import type { Queryable } from '@orchestra/database';

export const BATCH = 10;
/** How many ask at a time, in every measure of the claim. */
export const CLAIMERS = [1, 8] as const;

/** Claims up to {@link BATCH} tasks for a worker; answers them. */
export type Claim<Task = { id: string }> = (db: Queryable, worker: string) => Promise<readonly Task[]>;

/**
 * So many tasks must stand ready, for each variant that takes from a queue: the last claims of a burst all bring their
 * batch.
 */
export function tasksTaken({ rounds, parts, claims }: { rounds: number; parts: number; claims: number }): number {
  const warmUp = 1;
  return CLAIMERS.length * (rounds + warmUp) * parts * (claims + Math.max(...CLAIMERS)) * BATCH;
}

export interface BurstOptions {
  db: Queryable;
  claim: Claim;
  claimers: number;
  /** How many full batches in all; the burst ends when so many tasks have been taken. */
  claims: number;
  /** The burst ends after this in any case. */
  timeoutMs?: number;
  onClaimed?: (tasks: readonly { id: string }[]) => void;
}

export interface Burst {
  /** Full batches per second: a claim that brought half of one counts half. */
  claimsPerSecond: number;
  /** How long each claim took. */
  claimsMs: number[];
}

const TIMEOUT_MS = 5_000;
// A claim may find everything near the head locked by others. So many times it is not that.
const EMPTY_MAX = 1_000;

/**
 * Claimers that each ask again as soon as they were answered. Answers 0 claims per second where none brought anything
 * in time.
 */
export async function burst({
  db,
  claim,
  claimers,
  claims,
  timeoutMs = TIMEOUT_MS,
  onClaimed,
}: BurstOptions): Promise<Burst> {
  const claimsMs: number[] = [];
  const wanted = claims * BATCH;
  let taken = 0;
  let empty = 0;
  const startedMs = performance.now();
  const claimer = async (worker: string): Promise<void> => {
    while (taken < wanted) {
      const askedMs = performance.now();
      if (askedMs - startedMs > timeoutMs) return;
      const tasks = await claim(db, worker);
      claimsMs.push(performance.now() - askedMs);
      taken += tasks.length;
      empty += tasks.length === 0 ? 1 : 0;
      if (empty > EMPTY_MAX)
        throw new Error(`${empty} of ${claimsMs.length} claims found nothing: the queue that is measured is too short`);
      onClaimed?.(tasks);
    }
  };
  await Promise.all(Array.from({ length: claimers }, (_, index) => claimer(`bench-${index}`)));
  return { claimsPerSecond: taken / BATCH / ((performance.now() - startedMs) / 1_000), claimsMs };
}

/**
 * How many claims per second a burst makes. Its runs then end, as those of workers do: left alone they would be taken
 * for dead after a minute, and all come back to the head of the queue while something else is measured.
 *
 * @param ends what the runs are ended over, off the clock
 */
export async function burstRate(ends: Queryable, options: BurstOptions): Promise<number> {
  const { claimsPerSecond } = await burst(options);
  await endRunning(ends);
  return claimsPerSecond;
}

/** Ends every run that is under way, with success. */
export async function endRunning(db: Queryable): Promise<void> {
  await db.query(
    `update tasks set status = 'succeeded', run_id = null, pid = null, started_at = null, heartbeat_at = null
       where status = 'running'`,
  );
}
