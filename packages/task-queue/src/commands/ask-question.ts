import type { Queryable } from '@orchestra/database';
import type { FinishAnswer, TaskStatus } from '../contract/index.ts';
import { UNOWNED } from '../unowned.ts';
import { refuseRun } from './refuse-run.ts';

/** For tasks of which repos a question parks. null: for all tasks; an empty list: for none. */
export type AutoParkRepos = readonly string[] | null;

interface AskedRow { status: TaskStatus }

// In one statement, with the fence in it, as every ending of a run. A park of an operator's stays what it is: whose
// `paused_at` differs from `asked_at` was not parked for the question.
const ASK = `
  with asked as (
    update tasks t
       set status = case when p.parks then 'queued' else 'held' end,
           attempt = greatest(t.attempt - 1, 0), next_eligible_at = now(), deferred_by = null,
           questions = $3, asked_at = now(), answer = null, answered_at = null, answered_by = null, cursor = coalesce($5::jsonb, t.cursor),
           paused_at = case when p.parks then coalesce(t.paused_at, now()) else t.paused_at end,
           paused_by = case when p.parks and t.paused_at is null then t.worker_id else t.paused_by end,
           pause_reason = case when p.parks and t.paused_at is null then 'asks a question' else t.pause_reason end,
           ${UNOWNED}
      from (select $4::text[] is null or coalesce(q.repo = any ($4::text[]), false) as parks from tasks q where q.id = $1) p
     where t.id = $1 and t.run_id = $2 and t.status = 'running'
    returning t.id, t.status, t.worker_id
  ), event as (
    insert into task_event_rows (task_id, run_id, kind, by, data)
    select a.id, $2, 'asked', coalesce(a.worker_id, acting_person()), jsonb_build_object('status', a.status, 'questions', $3::text) from asked a
  )
  select a.status from asked a`;

/**
 * Ends a run with questions to a person. The task goes back to its place and is parked there, so that its repo goes on; no
 * attempt is used up. The next run begins after the answer and is given both, and the cursor. Where questions do not park, the task is
 * held: it waits for the answer all the same, and holds its repo's gate meanwhile.
 *
 * A repeated call for the same run answers what the first one did.
 *
 * @throws TaskError `run_not_owner`, `task_not_found`
 */
export async function askQuestion(
  db: Queryable, taskId: string, runId: string, questions: string, autoPark: AutoParkRepos = null, cursor?: unknown,
): Promise<FinishAnswer> {
  const { rows } = await db.query<AskedRow>(ASK, [taskId, runId, questions, autoPark, cursor === undefined || cursor === null ? null : JSON.stringify(cursor)]);
  const row = rows[0] ?? await alreadyAsked(db, taskId, runId);
  return { status: row.status, next_eligible_at: null };
}

async function alreadyAsked(db: Queryable, taskId: string, runId: string): Promise<AskedRow> {
  const { rows } = await db.query<AskedRow>(
    "select e.data ->> 'status' as status from events_of_task($1) e where e.run_id = $2 and e.kind = 'asked'", [taskId, runId]);
  return rows[0] ?? refuseRun(db, taskId, runId);
}
