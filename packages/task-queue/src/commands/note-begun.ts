import type { Queryable } from '@orchestra/database';
import { byIdOf } from '../lock-order.ts';

/**
 * Notes of runs that were claimed ahead that they have begun. Their receipts list them with the runs in flight from then on. One
 * that is not its worker's any more is passed over: its next heartbeat or its ending will say so.
 *
 * @returns how many were not known to have begun
 */
export async function noteBegun(db: Queryable, runs: readonly { id: string; run_id: string }[]): Promise<number> {
  const { rowCount } = await db.query(
    `with locked as materialized (
       select t.id, t.run_id from tasks t
        where t.id = any ($1::bigint[]) and coalesce(t.status, '') = 'running' and t.prefetched
        order by t.id
          for no key update
     )
     update tasks t set prefetched = false
       from locked l, unnest($1::bigint[], $2::uuid[]) as g(id, run_id)
      where t.id = l.id and g.id = l.id and g.run_id = l.run_id and ${byIdOf('locked')}`,
    [runs.map((run) => run.id), runs.map((run) => run.run_id)]);
  return rowCount ?? 0;
}
