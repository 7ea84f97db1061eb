import type { Queryable } from '@orchestra/database';

/** Writes down that a reaper has just made its round, for those who wonder whether any does. */
export async function noteReaperTick(db: Queryable): Promise<void> {
  await db.query('update reaper_totals set last_tick_at = clock_timestamp()');
}
