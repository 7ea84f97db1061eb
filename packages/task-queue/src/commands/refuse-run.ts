import type { Queryable } from '@orchestra/database';
import { TaskError } from '../errors.ts';

interface FoundTask { status: string; run_id: string | null; worker_id: string | null; ended_as: string | null; ended_at: Date | null }

/**
 * Tells a worker why its run is not its own any more (P10). Only called after the statement with the fence in it has
 * changed nothing.
 *
 * @throws always: TaskError `task_not_found` or `run_not_owner`
 */
export async function refuseRun(db: Queryable, taskId: string, runId: string): Promise<never> {
  const { rows } = await db.query<FoundTask>(
    `select t.status, t.run_id, t.worker_id, e.kind as ended_as, e.at as ended_at
       from tasks t
       left join lateral (
            select e.kind, e.at from task_events e
             where e.task_id = t.id and e.run_id = $2 and e.kind in ('completed', 'failed', 'released', 'reaped')
             order by e.id desc limit 1) e on true
      where t.id = $1`, [taskId, runId]);
  const task = rows[0];
  if (task === undefined) throw new TaskError('task_not_found', `there is no task ${taskId}`);
  const now = task.status === 'running' ? `it is running as ${task.run_id} for ${task.worker_id}` : `it is ${task.status}`;
  const then = task.ended_as === null || task.ended_at === null
    ? `the task never ran as ${runId}`
    : `run ${runId} was ${task.ended_as} at ${task.ended_at.toISOString()}`;
  throw new TaskError('run_not_owner', `${then}; ${now}. Drop what this run did and claim again`);
}
