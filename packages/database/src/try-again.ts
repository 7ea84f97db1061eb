import { setTimeout as delay } from 'node:timers/promises';
import { sqlState } from './errors.ts';

/**
 * With these the server has rolled back everything, because two transactions stood in each other's way: a deadlock, and
 * a serialization failure.
 */
export const CONFLICTS = ['40P01', '40001'] as const;
export type ConflictState = (typeof CONFLICTS)[number];

/** The conflict that an error tells of, where it does. */
function conflictOf(error: unknown): ConflictState | undefined {
  const state = sqlState(error);
  return CONFLICTS.find((known) => known === state);
}

/** How often this process has met a conflict, and how that went. */
export interface ConflictCount {
  sqlstate: ConflictState;
  outcome: 'tried_again' | 'given_up';
  count: number;
}

const counts: ConflictCount[] = CONFLICTS.flatMap((sqlstate) => [
  { sqlstate, outcome: 'tried_again' as const, count: 0 },
  { sqlstate, outcome: 'given_up' as const, count: 0 },
]);

/** What {@link tryAgain} has met in this process since it started: for its metrics. */
export function conflictCounts(): readonly Readonly<ConflictCount>[] {
  return counts;
}

function note(sqlstate: ConflictState, outcome: ConflictCount['outcome']): void {
  for (const one of counts) if (one.sqlstate === sqlstate && one.outcome === outcome) one.count += 1;
}

// The other one needs a moment to end. Both sides wait for different times, or they would meet again.
const WAIT_MS = [10, 40, 160] as const;

/**
 * Does `work` once more, three times at the most, when the server has rolled it back over a conflict with another
 * transaction. Everything in it must belong to one transaction, or to one statement outside any: only then has nothing
 * of it been done.
 *
 * @throws the last conflict, when there are too many in a row; anything else at once
 */
export async function tryAgain<T>(work: () => Promise<T>): Promise<T> {
  for (let times = 0; ; times++) {
    try {
      return await work();
    } catch (error) {
      const conflict = conflictOf(error);
      if (conflict === undefined) throw error;
      const waitMs = WAIT_MS[times];
      if (waitMs === undefined) {
        note(conflict, 'given_up');
        throw error;
      }
      note(conflict, 'tried_again');
      await delay(waitMs * (0.5 + Math.random()));
    }
  }
}
