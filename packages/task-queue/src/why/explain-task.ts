import type { Queryable } from '@orchestra/database';
import type { TaskWhy } from '../contract/index.ts';
import { TaskError } from '../errors.ts';
import type { GatedRepos } from '../sql/predicates.ts';
import { readTaskFacts } from './read-facts.ts';
import type { RunnerReservations } from '../pipelines/runner-reservations.ts';
import { whyNot } from './why-not.ts';

/** Why a task is not running, and when it could. Reads only. @throws TaskError `task_not_found` */
export async function explainTask(
  db: Queryable,
  taskId: string,
  { gatedRepos, kept }: { gatedRepos?: GatedRepos; kept?: RunnerReservations } = {},
): Promise<TaskWhy> {
  const facts = await readTaskFacts(db, taskId, gatedRepos, kept);
  if (facts === undefined) throw new TaskError('task_not_found', `task ${taskId} not found (\`orchestra task list\`)`);
  return whyNot(facts);
}
