import type { Queryable } from '@orchestra/database';
import { INVALID_QUEUED_ROW } from '../sql/run-columns.ts';

/**
 * What a reaper asks the database at the end of its round, in one statement with what it writes: an idle fleet should
 * cost no statement more than it must.
 */
export interface TickNumbers {
  /** Queued tasks that have been put off for a pause that is still active. */
  deferred: number;
  /** Deadlocks that the server has found in this database since its statistics were reset. */
  deadlocks: number;
}

const note = (failing: string, condition: string): string => `
  update reaper_totals set last_tick_at = clock_timestamp(), rows_failing = ${failing}${condition}
  returning (select count(*)::int
               from tasks t
              where t.status = 'queued'
                and t.deferred_by in (select p.id from active_pauses p)) as deferred,
            (select d.deadlocks::float8 from pg_stat_database d where d.datname = current_database()) as deadlocks`;

const NOTE_ROUND = note('$1::int', '');
const NOTE_IDLE_ROUND = note(
  '0',
  `
   where not exists (select from tasks t where t.status = 'running')
     and not exists (select from tasks t where ${INVALID_QUEUED_ROW})`,
);

/**
 * Writes down that a reaper has just made its round, for those who wonder whether any does.
 *
 * @param failing rows that it could neither heal nor take away
 */
export async function noteReaperTick(db: Queryable, failing = 0): Promise<TickNumbers> {
  const {
    rows: [row],
  } = await db.query<TickNumbers>(NOTE_ROUND, [failing]);
  return row ?? { deferred: 0, deadlocks: 0 };
}

/**
 * The whole round of a reaper where no run is under way and no queued task names one: it looks, and writes the round
 * down, in one statement.
 *
 * @returns as {@link noteReaperTick}; undefined: there is something to look at, and nothing was written
 */
export async function noteIdleReaperTick(db: Queryable): Promise<TickNumbers | undefined> {
  const {
    rows: [row],
  } = await db.query<TickNumbers>(NOTE_IDLE_ROUND);
  return row;
}
