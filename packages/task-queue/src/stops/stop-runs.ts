import type { Database, Queryable } from '@orchestra/database';
import { PauseError, runOnce, type Idempotency } from '@orchestra/pause-core';
import type { StopThen, StopView } from '@orchestra/pause-core/contract';
import { STOP_RUNS_MAX, type TaskStatus } from '../contract/index.ts';
import { labelOfRunning } from '../history/runs-labelled.ts';
import { readStop } from './stop-view.ts';
import { labelArguments } from '../sql/labels-under-scope.ts';

/** Which runs: those of these tasks, those that are like this, or those that an active pause covers. */
export type RunsToStop =
  | { ids: readonly string[] }
  | {
      filter: {
        agent_id?: string | undefined;
        skill?: string | undefined;
        quest_id?: string | undefined;
        actor_id?: string | undefined;
        repo?: string | undefined;
        running_longer_than_seconds?: number | undefined;
      };
    }
  | { pauseId: string };

export interface StopOrder {
  runs: RunsToStop;
  then: StopThen;
  graceSeconds: number;
  by: string;
  reason: string;
  idempotency?: Idempotency | undefined;
}

const label = (column: string): string => labelOfRunning('t', column);

/** Of a running task `t`. Parameters: $1 ids, $2 to $7 a filter, $8 a pause. */
const WHICH = `
     and ($1::bigint[] is null or t.id = any ($1))
     and ($2::text is null or ${label('agent_id')} = $2)
     and ($3::text is null or ${label('skill')} = $3)
     and ($4::text is null or ${label('quest_id')} = $4)
     and ($5::text is null or ${label('actor_id')} = $5)
     and ($6::text is null or t.repo = $6)
     and ($7::float8 is null or t.started_at < clock_timestamp() - make_interval(secs => $7))
     and ($8::bigint is null or exists (
           select from active_pauses p
            where p.id = $8
              and pause_covers(p.scope_kind, p.scope_value, p.also, ${labelArguments(label)})))
     -- who names a task may give another order than the one before
     and ($1::bigint[] is not null or not exists (select
                                                    from run_stops s
                                                   where s.run_id = t.run_id
                                                     and s.ended_at is null))`;

/** Tasks are locked by id, then their orders are written (docs/locking.md). */
const ORDER = `
with running as materialized (
  select t.id, t.run_id, t.worker_id, t.host, t.pid
    from tasks t
   where t.status = 'running'${WHICH}
   order by t.id
   limit ${STOP_RUNS_MAX}
     for no key update of t
), asked as (
  insert into run_stops as s (run_id, task_id, stop_id, asked_by, reason, next_status, worker, host, pid, fence_at)
  select r.run_id, r.id, $9::bigint, $10::text, $11::text, $12::text, r.worker_id, r.host, r.pid,
         clock_timestamp() + make_interval(secs => $13::float8)
    from running r
   order by r.id
      on conflict (run_id) do update
     set stop_id = excluded.stop_id, asked_at = excluded.asked_at, asked_by = excluded.asked_by,
       reason = excluded.reason, next_status = excluded.next_status, fence_at = excluded.fence_at
   where s.ended_at is null
  returning s.run_id, s.task_id
), events as (
  insert into task_event_rows (task_id, run_id, kind, by, data)
  select a.task_id, a.run_id, 'stopping', $10::text,
         jsonb_build_object('why', $11::text, 'becomes', $12::text, 'grace_seconds', $13::float8, 'stop', $9::text)
    from asked a
)
select coalesce(array_agg(a.task_id::text order by a.task_id), '{}') as asked from asked a`;

/**
 * Orders runs to stop. Their workers hear of it by the stream, or by the answer to their next heartbeat; a run that is
 * not ended within the grace is taken away by {@link fenceStops}. The answer says how things stand at once: nobody has
 * obeyed yet.
 *
 * @throws PauseError `pause_not_found`, `idempotency_key_reused`, `idempotency_key_in_use`
 */
export async function stopRuns(db: Database, order: StopOrder): Promise<StopView> {
  const { runs, then, graceSeconds, by, reason, idempotency } = order;
  return runOnce(db, idempotency, async (tx) => {
    if (
      'pauseId' in runs &&
      (await tx.query('select from active_pauses p where p.id = $1', [runs.pauseId])).rowCount === 0
    ) {
      throw new PauseError('pause_not_found', `pause ${runs.pauseId} is not active`);
    }
    const {
      rows: [next],
    } = await tx.query<{ id: string }>("select nextval('run_stop_ids')::text as id");
    const stopId = next?.id ?? '0';
    const filter = 'filter' in runs ? runs.filter : {};
    const {
      rows: [row],
    } = await tx.query<{ asked: string[] }>(ORDER, [
      'ids' in runs ? runs.ids : null,
      filter.agent_id ?? null,
      filter.skill ?? null,
      filter.quest_id ?? null,
      filter.actor_id ?? null,
      filter.repo ?? null,
      filter.running_longer_than_seconds ?? null,
      'pauseId' in runs ? runs.pauseId : null,
      stopId,
      by,
      reason,
      then === 'cancel' ? 'cancelled' : 'queued',
      graceSeconds,
    ]);
    const asked = row?.asked ?? [];
    if (asked.length > 0) await tell(tx, { stopId, asked, then, by, reason, runs });
    const passedOver = 'ids' in runs ? await notRunning(tx, runs.ids, asked) : [];
    const stop = asked.length === 0 ? undefined : await readStop(tx, stopId);
    return {
      ...(stop ?? nothingToStop({ by, reason, then })),
      passed_over: passedOver,
      more: asked.length === STOP_RUNS_MAX,
    };
  });
}

/** The event is what workers that follow the stream look up; the bell has it sent at once. */
async function tell(
  tx: Queryable,
  {
    stopId,
    asked,
    then,
    by,
    reason,
    runs,
  }: { stopId: string; asked: readonly string[]; then: StopThen; by: string; reason: string; runs: RunsToStop },
): Promise<void> {
  await tx.query(
    `insert into senate_events (type, data)
     select 'run.stopping', jsonb_build_object('id', $1::text, 'task_ids', $2::text[], 'asked_at', now(), 'asked_by',
                                               $3::text, 'reason', $4::text, 'then', $5::text)`,
    [stopId, asked, by, reason, then],
  );
  await tx.query(
    `insert into senate_audit (by, action, subject_kind, subject_id, why, data)
       values ($1, 'task.stopped', 'task', $2, $3, $4)`,
    [
      by,
      asked[0],
      reason,
      {
        stop: stopId,
        then,
        count: asked.length,
        ids: asked,
        ...('filter' in runs ? { filter: runs.filter } : 'pauseId' in runs ? { pause_id: runs.pauseId } : {}),
      },
    ],
  );
  await tx.query("select pg_notify('orchestra', 'pause') where pg_notification_queue_usage() < 0.9");
}

async function notRunning(
  db: Queryable,
  ids: readonly string[],
  asked: readonly string[],
): Promise<StopView['passed_over']> {
  const left = [...new Set(ids)].filter((id) => !asked.includes(id));
  if (left.length === 0) return [];
  const { rows } = await db.query<{ id: string; status: TaskStatus }>(
    'select t.id::text as id, t.status from tasks t where t.id = any ($1::bigint[])',
    [left],
  );
  const status = new Map(rows.map((task) => [task.id, task.status]));
  return left.map((id) => ({ id, says: saysNotRunning(id, status.get(id)) }));
}

function saysNotRunning(id: string, status: TaskStatus | undefined): string {
  if (status === undefined) return `task ${id} not found`;
  if (status === 'queued' || status === 'held')
    return `task ${id} is ${status}, not running; \`orchestra task cancel ${id}\` ends it`;
  return `task ${id} is not running: it ${status === 'cancelled' ? 'was cancelled' : `has ${status}`}`;
}

function nothingToStop({ by, reason, then }: { by: string; reason: string; then: StopThen }): StopView {
  return {
    id: null,
    asked_at: null,
    asked_by: by,
    reason,
    then,
    runs_count: 0,
    told_count: 0,
    obeyed_count: 0,
    ended_count: 0,
    fenced_count: 0,
    waiting_count: 0,
    runs: [],
    passed_over: [],
    more: false,
  };
}
