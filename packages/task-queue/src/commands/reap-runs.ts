import type { Queryable } from '@orchestra/database';
import type { ReapCause } from '../contract/index.ts';
import { byIdOf, makeLanes } from '../lock-order.ts';
import { UNOWNED } from '../unowned.ts';
import { rowByRow, type OnFailedRow } from './row-by-row.ts';

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
 * @param onFailed told of rows that cannot be changed, which then stop none of the others
 * @returns how many; 500 at most, then there may be more
 */
export function reapRuns(db: Queryable, leaseSeconds: number, onFailed?: OnFailedRow): Promise<number> {
  return takeAway(db, { cause: 'lease', condition: 't.heartbeat_at < clock_timestamp() - make_interval(secs => $2::float8)', lease: '$2::float8', values: [leaseSeconds] }, onFailed);
}

/**
 * Takes away those of `runIds` whose processes have been found dead. Only a caller that has looked at the process table in
 * which they ran can know that; see `judgeProcess`.
 *
 * @returns how many were still running
 */
export function reapDeadProcesses(db: Queryable, runIds: readonly string[], onFailed?: OnFailedRow): Promise<number> {
  return takeAway(db, { cause: 'process_gone', condition: 't.run_id = any ($2::uuid[])', lease: 'null', values: [runIds] }, onFailed);
}

/**
 * Takes away those of `runIds` that began before their machine was started anew, and that have not been heard since. One that
 * has been heard runs on another machine of the same name.
 *
 * @param upForSeconds how long this machine has been up
 * @returns how many were still running
 */
export function reapFormerBoots(db: Queryable, runIds: readonly string[], upForSeconds: number, onFailed?: OnFailedRow): Promise<number> {
  const condition = 't.run_id = any ($2::uuid[]) and t.heartbeat_at < clock_timestamp() - make_interval(secs => $3::float8)';
  return takeAway(db, { cause: 'other_boot', condition, lease: 'null', values: [runIds, upForSeconds] }, onFailed);
}

interface Taking {
  cause: ReapCause;
  /** Which of the running tasks `t`. */
  condition: string;
  /** What the event says of the lease, in SQL. */
  lease: string;
  /** Of $2 and on. */
  values: readonly unknown[];
}

function takeAway(db: Queryable, taking: Taking, onFailed?: OnFailedRow): Promise<number> {
  return rowByRow({ change: (taskId) => takeFromLost(db, taking, taskId), list: (after) => listLost(db, taking, after) }, onFailed);
}

async function listLost(db: Queryable, { condition, values }: Taking, after: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select t.id from tasks t where t.status = 'running' and ${condition} and t.id > $1::bigint order by t.id limit ${BATCH_MAX}`, [after, ...values]);
  return rows.map((row) => row.id);
}

/**
 * The condition stands in the statement that changes the row: a heartbeat or an ending that comes in between wins. The task
 * goes back to its place with its attempt given back, for a crash is no error; one that keeps killing its worker fails.
 *
 * It waits for no task, and takes its other locks in the one order (docs/locking.md).
 */
async function takeFromLost(db: Queryable, { cause, condition, lease, values }: Taking, taskId: string | null): Promise<number> {
  const { rows: [row] } = await db.query<{ reaped: number }>(`
    with found as materialized (
      select t.id, t.run_id, t.priority, t.repo, t.agent_id, t.skill, t.quest_id, t.actor_id, t.crashes + 1 < t.max_crashes as goes_on from tasks t
       where t.status = 'running' and ${condition} and ($1::bigint is null or t.id = $1)
       order by t.heartbeat_at limit ${BATCH_MAX}
         for update skip locked
    ), made as materialized (${makeLanes('select f.* from found f where f.goes_on')}
    ), reaped as (
      update tasks t
         set status = case when t.crashes + 1 < t.max_crashes then 'queued' else 'failed' end,
             crashes = t.crashes + 1, attempt = greatest(t.attempt - 1, 0), next_eligible_at = now(),
             result = case when t.crashes + 1 < t.max_crashes then t.result else jsonb_build_object(
                        'error', format('its worker was lost %s times while it ran, the last time because %s', t.crashes + 1, '${WHY[cause]}'),
                        'crashes', t.crashes + 1, 'cause', '${cause}') end,
             ${UNOWNED}
        from found l
       where t.id = l.id and ${byIdOf('found')} and (select m.lanes from made m) >= 0
      returning t.id, l.run_id, t.worker_id, t.host, t.attempt, t.crashes, t.status, case when t.status = 'failed' then t.result ->> 'error' end as reason
    ), events as (
      insert into task_event_rows (task_id, run_id, kind, by, data)
      select r.id, r.run_id, 'reaped', 'orchestra.reaper', jsonb_build_object(
               'cause', '${cause}', 'worker', r.worker_id, 'host', r.host, 'attempt', r.attempt, 'crashes', r.crashes, 'status', r.status,
               'reason', r.reason, 'lease_seconds', ${lease})
        from reaped r
    ), totals as (
      update reaper_totals s set ${TOTAL[cause]} = s.${TOTAL[cause]} + r.reaped
        from (select count(*)::int as reaped from reaped) r
       where r.reaped > 0
    )
    select count(*)::int as reaped from reaped`, [taskId, ...values]);
  return row?.reaped ?? 0;
}
