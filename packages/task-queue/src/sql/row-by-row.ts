import { isDatabaseUnavailable, sqlState } from '@orchestra/database';

/**
 * A task whose row could not be changed, and why: a constraint or a trigger that it does not bear, or somebody who
 * holds its gate or lane.
 */
export interface FailedRow {
  taskId: string;
  error: unknown;
}

/** Told of rows that are left as they are. */
export type OnFailedRow = (row: FailedRow) => void;

export interface Rows {
  /** Changes many rows in one statement, or the one that is named. @returns how many */
  change: (taskId: string | null) => Promise<number>;
  /** Rows that are to be changed, behind this id, in the order of their ids; a bounded number. */
  list: (after: string) => Promise<string[]>;
}

// So many bad rows in one round; a table that holds more has another trouble.
const FAILED_MAX = 1_000;
// Each of these has cost the time that a lock is waited for.
const WAITED_MAX = 10;
const WAITED_IN_VAIN = new Set(['55P03', '57014']);

/** Does this say that nothing can be changed now, whichever row it is? */
const concernsAll = (error: unknown): boolean => isDatabaseUnavailable(error) && !waitedInVain(error);
const waitedInVain = (error: unknown): boolean => WAITED_IN_VAIN.has(sqlState(error) ?? '');

/**
 * Changes rows in one statement. When that raises, each by itself: a row that cannot be changed is passed over and told
 * of, and stops none of the others.
 *
 * @param onFailed absent: a row that raises makes this reject, and nothing is changed. So inside a transaction
 * @throws what says that the database is unavailable
 */
export async function rowByRow({ change, list }: Rows, onFailed?: OnFailedRow): Promise<number> {
  try {
    return await change(null);
  } catch (error) {
    if (onFailed === undefined || concernsAll(error)) throw error;
  }
  let changed = 0;
  let failed = 0;
  for (let after = '-1'; failed < FAILED_MAX;) {
    const ids = await list(after);
    const last = ids.at(-1);
    if (last === undefined) break;
    after = last;
    for (const taskId of ids) {
      if (failed >= FAILED_MAX) break;
      try {
        changed += await change(taskId);
      } catch (error) {
        if (concernsAll(error)) throw error;
        failed += waitedInVain(error) ? FAILED_MAX / WAITED_MAX : 1;
        onFailed({ taskId, error });
      }
    }
  }
  return changed;
}
