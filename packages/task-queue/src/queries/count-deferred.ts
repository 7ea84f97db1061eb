import type { Queryable } from '@orchestra/database';

/** How many queued tasks a claim has put off for a pause that is still active. */
export async function countDeferred(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::int as count from tasks t where t.status = 'queued' and t.deferred_by in (select p.id from active_pauses p)`);
  return rows[0]?.count ?? 0;
}
