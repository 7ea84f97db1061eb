import type { Queryable } from '@orchestra/database';
import type { FinishAnswer, ReleaseCause, TaskStatus } from '../contract/index.ts';
import { retryDelaySeconds } from '../retry-delay.ts';
import { refuseRun } from './refuse-run.ts';

// The three ways in which a run's owner ends it. Each is one statement with the fence (`run_id`) in it and the event
// beside it, so there is no moment in which a reaper or another worker could come between. A repeated call of the
// same ending answers what the first one did.

interface EndedRow { status: TaskStatus; next_eligible_at: Date | null }

/** Ends a run with success. @throws TaskError `run_not_owner`, `task_not_found` */
export function completeRun(db: Queryable, taskId: string, runId: string, result: unknown): Promise<FinishAnswer> {
  return endRun(db, 'completed', taskId, runId, `
    update tasks t set status = 'succeeded', result = $3::jsonb, ${UNOWNED}
     where t.id = $1 and t.run_id = $2 and t.status = 'running'
    returning ${ENDED}, null::jsonb as data`,
  [toJson(result)]);
}

/**
 * Ends a run with an error: back to its place after a delay while attempts are left, else failed for good.
 *
 * @throws TaskError `run_not_owner`, `task_not_found`
 */
export function failRun(db: Queryable, taskId: string, runId: string, failure: { error: string; retry: boolean; result?: unknown }): Promise<FinishAnswer> {
  return endRun(db, 'failed', taskId, runId, `
    update tasks t
       set status = case when $4::boolean and t.attempt < t.max_attempts then 'queued' else 'failed' end,
           next_eligible_at = now() + make_interval(secs => ($5::int[])[least(t.attempt, array_length($5::int[], 1))]),
           result = coalesce($6::jsonb, t.result), ${UNOWNED}
     where t.id = $1 and t.run_id = $2 and t.status = 'running'
    returning ${ENDED}, jsonb_build_object('error', $3::text, 'attempt', t.attempt, 'output', $6::jsonb) as data`,
  [failure.error, failure.retry, RETRY_DELAYS, toJson(failure.result)]);
}

/**
 * Hands a run back unfinished: no attempt is used, the place is kept, and the next run is given the cursor.
 *
 * @throws TaskError `run_not_owner`, `task_not_found`
 */
export function releaseRun(db: Queryable, taskId: string, runId: string, release: { cause: ReleaseCause; cursor?: unknown }): Promise<FinishAnswer> {
  return endRun(db, 'released', taskId, runId, `
    update tasks t
       set status = 'queued', attempt = greatest(t.attempt - 1, 0), next_eligible_at = now(),
           cursor = coalesce($4::jsonb, t.cursor), ${UNOWNED}
     where t.id = $1 and t.run_id = $2 and t.status = 'running'
    returning ${ENDED}, jsonb_build_object('cause', $3::text, 'cursor', t.cursor) as data`,
  [release.cause, toJson(release.cursor)]);
}

/** Every way out of `running` clears the owner in the same statement (P15). `worker_id` and `host` stay for the reader. */
export const UNOWNED = 'run_id = null, pid = null, started_at = null, heartbeat_at = null';
const ENDED = "t.id, t.status, t.worker_id, t.actor_id, case when t.status = 'queued' then t.next_eligible_at end as next_eligible_at";
const RETRY_DELAYS = Array.from({ length: 10 }, (_, index) => retryDelaySeconds(index + 1));

async function endRun(
  db: Queryable, kind: 'completed' | 'failed' | 'released', taskId: string, runId: string, update: string, values: unknown[],
): Promise<FinishAnswer> {
  const { rows } = await db.query<EndedRow>(`
    with ended as (${update}), event as (
      insert into task_events (task_id, run_id, kind, by, data)
      select e.id, $2, '${kind}', e.worker_id,
             coalesce(e.data, '{}') || jsonb_build_object('status', e.status, 'next_eligible_at', e.next_eligible_at)
        from ended e)
    select e.status, e.next_eligible_at from ended e`,
  [taskId, runId, ...values]);
  const row = rows[0] ?? await alreadyEnded(db, kind, taskId, runId);
  return { status: row.status, next_eligible_at: row.next_eligible_at?.toISOString() ?? null };
}

/** A worker that never heard the answer asks again: the same ending of the same run is not refused. */
async function alreadyEnded(db: Queryable, kind: string, taskId: string, runId: string): Promise<EndedRow> {
  const { rows } = await db.query<EndedRow>(
    `select e.data ->> 'status' as status, (e.data ->> 'next_eligible_at')::timestamptz as next_eligible_at
       from task_events e
      where e.task_id = $1 and e.run_id = $2 and e.kind = $3`, [taskId, runId, kind]);
  return rows[0] ?? refuseRun(db, taskId, runId);
}

function toJson(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}
