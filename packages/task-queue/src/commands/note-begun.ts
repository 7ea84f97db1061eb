import type { Queryable } from '@orchestra/database';

/**
 * Notes of runs that were claimed ahead that they have begun. Their receipts list them with the runs in flight from then on. One
 * that is not its worker's any more is passed over: its next heartbeat or its ending will say so.
 *
 * @returns how many were not known to have begun
 */
export async function noteBegun(db: Queryable, runs: readonly { id: string; run_id: string }[]): Promise<number> {
  const { rowCount } = await db.query(
    `update tasks t set prefetched = false
       from unnest($1::bigint[], $2::uuid[]) as g(id, run_id)
      where t.id = g.id and t.run_id = g.run_id and t.status = 'running' and t.prefetched`,
    [runs.map((run) => run.id), runs.map((run) => run.run_id)]);
  return rowCount ?? 0;
}
