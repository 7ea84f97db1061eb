import type { Queryable } from '@orchestra/database';
import { UNOWNED } from './end-run.ts';

// One statement's worth; the reaper comes again.
const BATCH_MAX = 500;

/**
 * Takes runs away whose owner has sent no heartbeat for the lease, by the database's clock. The condition stands in the
 * statement that changes the row: a heartbeat or an ending that comes in between wins. The task goes back to its place,
 * or fails when its attempts are used up, so that a task which keeps killing its worker comes to an end.
 *
 * @returns how many runs were taken away
 */
export async function reapRuns(db: Queryable, leaseSeconds: number): Promise<number> {
  const { rowCount } = await db.query(`
    with lost as (
      select t.id, t.run_id from tasks t
       where t.status = 'running' and t.heartbeat_at < clock_timestamp() - make_interval(secs => $1)
       order by t.heartbeat_at limit ${BATCH_MAX}
         for update skip locked
    ), reaped as (
      update tasks t
         set status = case when t.attempt < t.max_attempts then 'queued' else 'failed' end, next_eligible_at = now(), ${UNOWNED}
        from lost l
       where t.id = l.id
      returning t.id, l.run_id, t.worker_id, t.host, t.attempt, t.status
    )
    insert into task_events (task_id, run_id, kind, by, data)
    select r.id, r.run_id, 'reaped', 'orchestra.reaper', jsonb_build_object(
             'worker', r.worker_id, 'host', r.host, 'attempt', r.attempt, 'status', r.status, 'lease_seconds', $1::float8)
      from reaped r`, [leaseSeconds]);
  return rowCount ?? 0;
}
