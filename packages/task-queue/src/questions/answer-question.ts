import type { Database } from '@orchestra/database';
import { runOnce, type Idempotency } from '@orchestra/pause-core';
import { STATUS_WORDS, type TaskView } from '../contract/index.ts';
import { TaskError } from '../errors.ts';
import { findTask } from '../tasks/list-tasks.ts';

/**
 * Answers what a run of this task asked. The next run is given the answer. A task that was parked or held for the
 * question goes on in its old place; one that an operator parked stays parked, one that a pause covers stays covered,
 * and one that its environment holds stays held.
 *
 * @throws TaskError `task_not_found`, `no_open_question`; PauseError `idempotency_key_reused`, `idempotency_key_in_use`
 */
export function answerQuestion(
  db: Database,
  taskId: string,
  answer: string,
  by: string,
  idempotency?: Idempotency,
): Promise<TaskView> {
  return runOnce(db, idempotency, async (tx) => {
    await tx.query("select set_config('orchestra.who', $1, true)", [by]);
    const { rowCount } = await tx.query(
      `with found as materialized (
         select t.id from tasks t
          where t.id = $1 and t.questions is not null and t.answer is null and t.status in ('queued', 'held')
            for no key update
       ), answered as (
         update tasks t
            set answer = $2, answered_at = now(), answered_by = $3,
                status = case when t.held_evidence is null then 'queued' else t.status end,
                next_eligible_at = case t.status when 'held' then now() else t.next_eligible_at end,
                paused_at = case when t.paused_at = t.asked_at then null else t.paused_at end
           from found f where t.id = f.id
         returning t.id
       )
       insert into task_event_rows (task_id, kind, by, data)
       select a.id, 'answered', $3, jsonb_build_object('answer', $2::text) from answered a`,
      [taskId, answer, by],
    );
    const task = await findTask(tx, taskId);
    if (task === undefined) throw new TaskError('task_not_found', `task ${taskId} not found (\`orchestra task list\`)`);
    if (rowCount === 0) throw new TaskError('no_open_question', whyNot(task));
    return task;
  });
}

function whyNot(task: TaskView): string {
  if (task.questions === null) return `task ${task.id} has asked nothing`;
  if (task.answer !== null)
    return `the question of task ${task.id} was answered by ${task.answered_by} at ${task.answered_at}`;
  return `task ${task.id} does not wait for the answer any more: it ${STATUS_WORDS[task.status]}`;
}
