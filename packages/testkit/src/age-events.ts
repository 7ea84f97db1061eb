import type { Queryable } from '@orchestra/database';

/**
 * Dates all that has happened to tasks back.
 *
 * @param by an interval as PostgreSQL writes it, such as `10 minutes`
 */
export async function ageEvents(db: Queryable, by: string): Promise<void> {
  for (const table of ['task_event_rows', 'event_batches'])
    await db.query(`update ${table} set at = at - $1::interval`, [by]);
}
