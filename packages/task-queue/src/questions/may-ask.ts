import type { Queryable } from '@orchestra/database';
import { TaskError } from '../errors.ts';

/** For tasks of which repos runs may ask a person. null: for all tasks; an empty list: for none. */
export type QuestionRepos = readonly string[] | null;

/**
 * Passes where a run of this task may ask a person. A task that is not there is left to whoever comes next.
 *
 * @throws TaskError `questions_off`
 */
export async function refuseWhereNobodyIsAsked(db: Queryable, taskId: string, repos: QuestionRepos): Promise<void> {
  if (repos === null) return;
  const {
    rows: [task],
  } = await db.query<{ repo: string | null }>('select t.repo from tasks t where t.id = $1', [taskId]);
  if (task === undefined || (task.repo !== null && repos.includes(task.repo))) return;
  const whose =
    repos.length === 0
      ? 'ORCHESTRA_QUESTIONS is off'
      : 'ORCHESTRA_QUESTIONS_REPOS does not name ' +
        `${task.repo === null ? 'tasks without a repo' : `its repo ${task.repo}`}`;
  throw new TaskError('questions_off', `a run of task ${taskId} may ask nobody: ${whose}`);
}
