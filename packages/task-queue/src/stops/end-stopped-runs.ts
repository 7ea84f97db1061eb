import type { Queryable } from '@orchestra/database';
import type { FinishAnswer, TaskStatus } from '../contract/index.ts';
import { TaskError } from '../errors.ts';
import { byIdOf, makeLanes } from '../sql/lock-order.ts';
import { CLEAR_RUN_COLUMNS } from '../sql/run-columns.ts';
import { explainNotOwner } from '../turn/not-owner.ts';
import { rowByRow, type OnFailedRow } from '../sql/row-by-row.ts';

// How a run that was told to stop ends: its worker says that it has ended it, or it is taken away. Either way its task
// is put back with its cursor and no attempt used, or cancelled, as the order says.

// One statement's worth; the loop comes again.
const BATCH_MAX = 500;

/** Of many, or of one task ($1). By their ids, as tasks are locked (docs/locking.md). */
const FENCED = `
with found as materialized (
  select t.id, t.run_id, t.priority, t.repo, t.agent_id, t.skill, t.quest_id, t.actor_id, t.started_at, t.attempt,
         s.next_status, s.asked_by, s.reason, s.stop_id
    from tasks t
    join run_stops s on s.run_id = t.run_id and s.ended_at is null
   where t.status = 'running'
     and ($1::bigint is null or t.id = $1)
     and s.fence_at <= clock_timestamp()
   order by t.id
   limit ${BATCH_MAX}
     for no key update of t skip locked
), made as materialized (${makeLanes("select f.* from found f where f.next_status = 'queued'")}
), changed as (
  update tasks t
     set status = f.next_status,
         attempt = greatest(t.attempt - 1, 0),
         next_eligible_at = now(),
         ${CLEAR_RUN_COLUMNS}
    from found f
   where t.id = f.id
     and ${byIdOf('found')}
     and t.run_id = f.run_id
     and (select m.lanes from made m) >= 0
  returning t.id, f.run_id, t.worker_id, t.host, f.attempt, f.asked_by, f.reason, f.stop_id, t.status, case
    when t.status = 'queued' then t.next_eligible_at end as next_eligible_at
), events as (
  insert into task_event_rows (task_id, run_id, kind, by, data)
  select c.id, c.run_id, 'stopped', c.asked_by,
         jsonb_build_object('why', c.reason, 'how', 'fenced', 'worker', c.worker_id, 'host', c.host, 'attempt',
                            c.attempt, 'stop', c.stop_id::text,
                            'status', c.status, 'next_eligible_at', c.next_eligible_at)
    from changed c
  returning task_id
), cancelled as (
  -- as by \`task cancel\`; retention finds it by this
  insert into event_batches (kind, by, task_ids, shared)
  select 'cancelled', c.asked_by, array_agg(c.id),
         jsonb_build_object('why', c.reason, 'was', 'running', 'status', 'cancelled')
    from changed c
   where c.status = 'cancelled'
     -- behind the other in the history: what is asked for its rows is written first
     and (select count(*) from events) > 0
   group by c.asked_by, c.reason
), noted as (
  update run_stops s
     set ended_at = clock_timestamp(), outcome = 'fenced'
    from changed c
   where s.run_id = c.run_id
)
select c.status, c.next_eligible_at from changed c`;

/**
 * Ends a run for the order to stop it. Repeating the call answers what the first one did.
 *
 * @param cursor absent: the former one stays
 * @throws TaskError `task_not_found`, `run_not_owner`; `run_not_stopped` where nobody has told it to stop
 */
export async function endStoppedRun(
  db: Queryable,
  taskId: string,
  runId: string,
  cursor?: unknown,
): Promise<FinishAnswer> {
  const {
    rows: [row],
  } = await db.query<{ status: TaskStatus; next_eligible_at: Date | null }>(
    'select e.status, e.next_eligible_at from end_stopped_run($1, $2, $3) e',
    [taskId, runId, cursor === undefined ? null : JSON.stringify(cursor)],
  );
  if (row !== undefined) return { status: row.status, next_eligible_at: row.next_eligible_at?.toISOString() ?? null };
  const {
    rows: [still],
  } = await db.query("select from tasks t where t.id = $1 and t.run_id = $2 and t.status = 'running'", [taskId, runId]);
  if (still !== undefined)
    throw new TaskError(
      'run_not_stopped',
      `nobody has told run ${runId} of task ${taskId} to stop; \`release\` hands it back`,
    );
  const [why] = await explainNotOwner(db, [{ id: taskId, run_id: runId }]);
  throw new TaskError(why?.code ?? 'run_not_owner', why?.detail ?? `run ${runId} is not this worker's`);
}

/**
 * Takes runs away from workers that were told to end them, or could not be told, and have not by the end of the grace.
 * What they still do is refused from then on (P10); they may be at work still.
 *
 * @returns how many; 500 at most, then there may be more
 */
export function fenceStops(db: Queryable, onFailed?: OnFailedRow): Promise<number> {
  return rowByRow(
    {
      change: async (taskId) => (await db.query(FENCED, [taskId])).rowCount ?? 0,
      list: async (after) => {
        const { rows } = await db.query<{ id: string }>(
          `select t.id::text as id from tasks t join run_stops s on s.run_id = t.run_id and s.ended_at is null
            where t.status = 'running' and s.fence_at <= clock_timestamp() and t.id > $1
            order by t.id
            limit ${BATCH_MAX}`,
          [after],
        );
        return rows.map((row) => row.id);
      },
    },
    onFailed,
  );
}
