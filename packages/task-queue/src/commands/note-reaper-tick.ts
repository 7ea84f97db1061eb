import type { Queryable } from '@orchestra/database';

/**
 * Writes down that a reaper has just made its round, for those who wonder whether any does.
 *
 * @returns how many queued tasks have been put off for a pause that is still active; here because an idle fleet should
 *   cost the database no statement more than it must
 */
export async function noteReaperTick(db: Queryable): Promise<{ deferred: number }> {
  const { rows: [row] } = await db.query<{ deferred: number }>(
    `update reaper_totals set last_tick_at = clock_timestamp()
     returning (select count(*)::int from tasks t where t.status = 'queued' and t.deferred_by in (select p.id from active_pauses p)) as deferred`);
  return { deferred: row?.deferred ?? 0 };
}
