import type { Queryable } from '@orchestra/database';
import type { ReapCause } from '../contract/index.ts';
import { lockGates } from '../gate-statement.ts';
import { UNOWNED } from '../unowned.ts';

// One statement's worth; the reaper comes again.
const BATCH_MAX = 500;

const WHY: Record<ReapCause, string> = {
  lease: 'it sent no heartbeat for the lease',
  process_gone: 'its process has ended',
  other_boot: 'its machine was started anew',
};
const TOTAL: Record<ReapCause, string> = { lease: 'by_lease', process_gone: 'by_process_gone', other_boot: 'by_other_boot' };

/**
 * Takes runs away whose owner has sent no heartbeat for the lease, by the database's clock.
 *
 * @returns how many; 500 at most, then there may be more
 */
export function reapRuns(db: Queryable, leaseSeconds: number): Promise<number> {
  return takeAway(db, 'lease', 't.heartbeat_at < clock_timestamp() - make_interval(secs => $1::float8)', '$1::float8', [leaseSeconds]);
}

/**
 * Takes away those of `runIds` whose processes have been found dead. Only a caller that has looked at the process table in
 * which they ran can know that; see `judgeProcess`.
 *
 * @returns how many were still running
 */
export function reapDeadProcesses(db: Queryable, runIds: readonly string[]): Promise<number> {
  return takeAway(db, 'process_gone', 't.run_id = any ($1::uuid[])', 'null', [runIds]);
}

/**
 * Takes away those of `runIds` that began before their machine was started anew, and that have not been heard since. One that
 * has been heard runs on another machine of the same name.
 *
 * @param upForSeconds how long this machine has been up
 * @returns how many were still running
 */
export function reapFormerBoots(db: Queryable, runIds: readonly string[], upForSeconds: number): Promise<number> {
  return takeAway(db, 'other_boot',
    't.run_id = any ($1::uuid[]) and t.heartbeat_at < clock_timestamp() - make_interval(secs => $2::float8)', 'null', [runIds, upForSeconds]);
}

/**
 * The condition stands in the statement that changes the row: a heartbeat or an ending that comes in between wins. The task
 * goes back to its place with its attempt given back, for a crash is no error; one that keeps killing its worker fails.
 *
 * Everybody locks tasks before gates, gates by name, and lanes in one order.
 */
async function takeAway(db: Queryable, cause: ReapCause, condition: string, lease: string, values: readonly unknown[]): Promise<number> {
  const { rows: [row] } = await db.query<{ reaped: number }>(`
    with found as materialized (
      select t.id, t.run_id, t.repo, t.lane_id from tasks t
       where t.status = 'running' and ${condition}
       order by t.heartbeat_at limit ${BATCH_MAX}
         for update skip locked
    ), lost as materialized (select f.* from found f order by f.lane_id, f.id
    ), gates as materialized (${lockGates('lost')}
    ), reaped as (
      update tasks t
         set status = case when t.crashes + 1 < t.max_crashes then 'queued' else 'failed' end,
             crashes = t.crashes + 1, attempt = greatest(t.attempt - 1, 0), next_eligible_at = now(),
             result = case when t.crashes + 1 < t.max_crashes then t.result else jsonb_build_object(
                        'error', format('its worker was lost %s times while it ran, the last time because %s', t.crashes + 1, '${WHY[cause]}'),
                        'crashes', t.crashes + 1, 'cause', '${cause}') end,
             ${UNOWNED}
        from lost l
       where t.id = l.id and (select count(*) from gates) >= 0
      returning t.id, l.run_id, t.worker_id, t.host, t.attempt, t.crashes, t.status, case when t.status = 'failed' then t.result ->> 'error' end as reason
    ), events as (
      insert into task_events (task_id, run_id, kind, by, data)
      select r.id, r.run_id, 'reaped', 'orchestra.reaper', jsonb_build_object(
               'cause', '${cause}', 'worker', r.worker_id, 'host', r.host, 'attempt', r.attempt, 'crashes', r.crashes, 'status', r.status,
               'reason', r.reason, 'lease_seconds', ${lease})
        from reaped r
    ), totals as (
      update reaper_totals s set ${TOTAL[cause]} = s.${TOTAL[cause]} + r.reaped
        from (select count(*)::int as reaped from reaped) r
       where r.reaped > 0
    )
    select count(*)::int as reaped from reaped`, [...values]);
  return row?.reaped ?? 0;
}
