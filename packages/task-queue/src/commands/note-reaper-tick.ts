import type { Queryable } from '@orchestra/database';
import { IMPOSSIBLE } from '../unowned.ts';

const note = (condition: string): string => `
  update reaper_totals set last_tick_at = clock_timestamp()${condition}
  returning (select count(*)::int from tasks t where t.status = 'queued' and t.deferred_by in (select p.id from active_pauses p)) as deferred`;

const NOTE_ROUND = note('');
const NOTE_IDLE_ROUND = note(`
   where not exists (select from tasks t where t.status = 'running')
     and not exists (select from tasks t where ${IMPOSSIBLE})`);

/**
 * Writes down that a reaper has just made its round, for those who wonder whether any does.
 *
 * @returns how many queued tasks have been put off for a pause that is still active; here because an idle fleet should
 *   cost the database no statement more than it must
 */
export async function noteReaperTick(db: Queryable): Promise<{ deferred: number }> {
  const { rows: [row] } = await db.query<{ deferred: number }>(NOTE_ROUND);
  return { deferred: row?.deferred ?? 0 };
}

/**
 * The whole round of a reaper where no run is under way and no queued task names one: it looks, and writes the round down, in one
 * statement.
 *
 * @returns as {@link noteReaperTick}; undefined: there is something to look at, and nothing was written
 */
export async function noteIdleReaperTick(db: Queryable): Promise<{ deferred: number } | undefined> {
  const { rows: [row] } = await db.query<{ deferred: number }>(NOTE_IDLE_ROUND);
  return row;
}
