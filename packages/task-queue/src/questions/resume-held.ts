import type { Database } from '@orchestra/database';
import { runOnce, type Idempotency } from '@orchestra/pause-core';
import { STATUS_WORDS, type TaskView } from '../contract/index.ts';
import { TaskError } from '../errors.ts';
import { findTask } from '../tasks/list-tasks.ts';

/**
 * Lets a held task go on, after the repair: back to the queue, in its old place and stage, with no attempt used and its
 * tries after passing disturbances counted again. One that is parked stays parked, and one that a pause covers stays
 * covered. Leaves an event and a row in the audit.
 *
 * @param why what was repaired; null: nobody said
 * @throws TaskError `task_not_found`, `task_not_held`; PauseError `idempotency_key_reused`, `idempotency_key_in_use`
 */
export function resumeHeld(
  db: Database,
  taskId: string,
  by: string,
  why: string | null,
  idempotency?: Idempotency,
): Promise<TaskView> {
  return runOnce(db, idempotency, async (tx) => {
    await tx.query("select set_config('orchestra.who', $1, true)", [by]);
    const { rowCount } = await tx.query(
      `with found as materialized (
         select t.id, t.held_at, t.held_evidence from tasks t
          where t.id = $1 and t.status = 'held'
            and (t.held_evidence is not null or t.questions is null or t.answer is not null)
            for no key update
       ), resumed as (
         update tasks t set status = 'queued', next_eligible_at = now(), transient_failures = 0
           from found f where t.id = f.id
         returning t.id
       ), event as (
         insert into task_event_rows (task_id, kind, by, data)
         select f.id, 'resumed', $2, jsonb_build_object('why', $3::text, 'held_since', f.held_at, 'evidence',
                                                        f.held_evidence)
           from found f where f.id in (select r.id from resumed r)
       )
       insert into senate_audit (by, action, subject_kind, subject_id, why, data)
       select $2, 'task.resumed', 'task', f.id::text, $3,
              jsonb_build_object('held_since', f.held_at, 'evidence', f.held_evidence)
         from found f where f.id in (select r.id from resumed r)`,
      [taskId, by, why],
    );
    const task = await findTask(tx, taskId);
    if (task === undefined) throw new TaskError('task_not_found', `task ${taskId} not found (\`orchestra task list\`)`);
    if (rowCount === 0) throw new TaskError('task_not_held', whyNot(task));
    return task;
  });
}

function whyNot(task: TaskView): string {
  if (task.status === 'held')
    return `task ${task.id} is held for its question; \`orchestra task answer ${task.id}\` lets it go on`;
  const parked = task.paused_at === null ? '' : `; it is parked, which \`orchestra task unpark ${task.id}\` ends`;
  return `task ${task.id} ${STATUS_WORDS[task.status]}, not held${parked}`;
}
