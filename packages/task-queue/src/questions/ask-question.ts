import type { Queryable } from '@orchestra/database';
import type { FinishAnswer, TaskStatus } from '../contract/index.ts';
import { refuseRun } from '../turn/not-owner.ts';

/** For tasks of which repos a question parks. null: for all tasks; an empty list: for none. */
export type AutoParkRepos = readonly string[] | null;

/**
 * Ends a run with questions to a person. The task goes back to its place and is parked there, so that its repo goes on;
 * no attempt is used up. The next run begins after the answer and is given both, and the cursor. Where questions do not
 * park, the task is held: it waits for the answer all the same, and holds its repo's gate meanwhile.
 *
 * A repeated call for the same run answers what the first one did.
 *
 * @throws TaskError `run_not_owner`, `task_not_found`
 */
export async function askQuestion(
  db: Queryable,
  taskId: string,
  runId: string,
  questions: string,
  autoPark: AutoParkRepos = null,
  cursor?: unknown,
): Promise<FinishAnswer> {
  const {
    rows: [row],
  } = await db.query<{ status: TaskStatus | null }>('select ask_question($1, $2, $3, $4, $5) as status', [
    taskId,
    runId,
    questions,
    autoPark,
    cursor === undefined || cursor === null ? null : JSON.stringify(cursor),
  ]);
  return row === undefined || row.status === null
    ? refuseRun(db, taskId, runId)
    : { status: row.status, next_eligible_at: null };
}
