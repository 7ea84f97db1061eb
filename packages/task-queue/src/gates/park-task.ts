import { inTransaction, type Database } from '@orchestra/database';
import type { TaskStatus, TaskView } from '../contract/index.ts';
import { TaskError } from '../errors.ts';
import { findTask } from '../tasks/list-tasks.ts';
import { refuseRun } from '../turn/not-owner.ts';

/** Who parks or unparks: an operator by name, or the owner of the task's run. */
export type ParkedBy = { name: string } | { runId: string };

const ENDED: readonly TaskStatus[] = ['succeeded', 'failed', 'cancelled'];

/**
 * Sets a task aside: no claim takes it, and it counts and waits in its repo's gate no more, so that the repo goes on
 * without it. Its place is kept, and no attempt and no deadline is used up meanwhile (P11). A run under way goes on to
 * its end; should the task come back to the queue then, it stays parked. One that is parked already is left as it is,
 * but for a park for its question or by its run: an operator's takes over from those, so that neither the answer nor
 * the run ends it.
 *
 * @throws TaskError `task_not_found`, `task_has_ended`, `run_not_owner`
 */
export function parkTask(db: Database, taskId: string, by: ParkedBy, reason: string): Promise<TaskView> {
  return changeParking(
    db,
    taskId,
    by,
    `set paused_at = case when now() = t.asked_at then now() + interval '1 microsecond' else now() end, paused_by = acting_person(), pause_reason = $3, paused_run = $2
      where (t.paused_at is null or ($2::uuid is null and (t.paused_at = t.asked_at or t.paused_run is not null)))`,
    [reason],
  );
}

/**
 * Brings a parked task back to its old place. One that is not parked is left as it is. An open question stays open. A
 * run brings back only what it has parked itself: what a person has parked is a person's to bring back.
 *
 * @throws TaskError `task_not_found`, `task_has_ended`, `run_not_owner`, `parked_by_another`
 */
export function unparkTask(db: Database, taskId: string, by: ParkedBy): Promise<TaskView> {
  return changeParking(
    db,
    taskId,
    by,
    'set paused_at = null where t.paused_at is not null and ($2::uuid is null or t.paused_run = $2)',
    [],
    (task) => {
      if ('runId' in by && task.paused_at !== null)
        throw new TaskError(
          'parked_by_another',
          `task ${taskId} was parked by ${task.paused_by}, not by this run; an operator brings it back`,
        );
    },
  );
}

function changeParking(
  db: Database,
  taskId: string,
  by: ParkedBy,
  change: string,
  values: readonly unknown[],
  check: (task: TaskView) => void = () => {},
): Promise<TaskView> {
  const [runId, name] = 'runId' in by ? [by.runId, null] : [null, by.name];
  return inTransaction(db, async (tx) => {
    // Also for the history, which a trigger writes.
    await tx.query(
      "select set_config('orchestra.who', coalesce($2, (select t.worker_id from tasks t where t.id = $1), ''), true)",
      [taskId, name],
    );
    await tx.query(
      `update tasks t ${change} and t.id = $1 and t.status in ('queued', 'running', 'held')
          and ($2::uuid is null or (t.run_id = $2 and t.status = 'running'))`,
      [taskId, runId, ...values],
    );
    const task = await findTask(tx, taskId);
    if (task === undefined) throw new TaskError('task_not_found', `task ${taskId} not found (\`orchestra task list\`)`);
    if (runId !== null && (task.run_id !== runId || task.status !== 'running')) return refuseRun(tx, taskId, runId);
    if (ENDED.includes(task.status))
      throw new TaskError(
        'task_has_ended',
        `task ${taskId} has ${task.status === 'cancelled' ? 'been cancelled' : task.status}; there is ` +
          'nothing left to park',
      );
    check(task);
    return task;
  });
}
