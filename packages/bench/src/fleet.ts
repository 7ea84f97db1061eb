import { setTimeout as delay } from 'node:timers/promises';
import type { Queryable } from '@orchestra/database';
import { BATCH, type Claim } from './claimers.ts';

export interface Fleet {
  /** Full batches taken so far. */
  readonly claims: number;
  /** How long each claim took, since the last call of this. */
  takeClaimsMs(): number[];
  /** Resolves with the time (`performance.now()`) at which a claim brought a task like this. */
  firstClaimed(wanted: (task: ClaimedLabels) => boolean): Promise<number>;
  /** Resolves when no claim is under way any more. @throws what a claimer ended with */
  stop(): Promise<void>;
}

interface ClaimedLabels {
  id: string;
  agent_id: string | null;
}

export interface FleetOptions {
  /** For the claims. */
  db: Queryable;
  /** For the ends of the runs: a claim is not to wait for a connection. */
  ends: Queryable;
  claim: Claim<ClaimedLabels>;
  claimers: number;
}

// Runs end some time after they began, as those of real workers do. Else "in flight" would grow without end, and with
// it everything that lists it.
const END_EVERY_MS = 100;

// A claim may find everything near the head locked by others; so many times in a row it is not that.
const EMPTY_MAX = 1_000;

/** Claimers that go on until they are stopped, while something else is measured beside them. */
export function startFleet({ db, ends, claim, claimers }: FleetOptions): Fleet {
  let stopping = false;
  let taken = 0;
  let empty = 0;
  let claimsMs: number[] = [];
  let running: string[] = [];
  const waiting = new Set<{
    wanted: (task: ClaimedLabels) => boolean;
    found: (atMs: number) => void;
    lost: (error: Error) => void;
  }>();
  const claimer = async (worker: string): Promise<void> => {
    while (!stopping) {
      const askedMs = performance.now();
      const tasks = await claim(db, worker);
      const atMs = performance.now();
      claimsMs.push(atMs - askedMs);
      empty = tasks.length === 0 ? empty + 1 : 0;
      if (empty > EMPTY_MAX)
        throw new Error(`${empty} claims in a row found nothing: the queue has run dry beside what was measured`);
      taken += tasks.length;
      running.push(...tasks.map((task) => task.id));
      for (const one of waiting)
        if (tasks.some(one.wanted)) {
          waiting.delete(one);
          one.found(atMs);
        }
    }
  };
  const ender = async (): Promise<void> => {
    while (!stopping) {
      await delay(END_EVERY_MS);
      const ids = running;
      running = [];
      await ends.query("update tasks set status = 'succeeded' where id = any ($1::bigint[])", [ids]);
    }
  };
  const ended = Promise.all([ender(), ...Array.from({ length: claimers }, (_, index) => claimer(`fleet-${index}`))]);
  // Anyone who waits for a claim is told; `stop` throws it as well.
  ended.catch((error: unknown) => {
    for (const one of waiting) one.lost(error instanceof Error ? error : new Error(String(error)));
  });
  return {
    get claims() {
      return taken / BATCH;
    },
    takeClaimsMs: () => {
      const took = claimsMs;
      claimsMs = [];
      return took;
    },
    firstClaimed: (wanted) =>
      new Promise((found, lost) => {
        waiting.add({ wanted, found, lost });
      }),
    stop: async () => {
      stopping = true;
      await ended;
    },
  };
}
