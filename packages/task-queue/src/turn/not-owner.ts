import type { Queryable } from '@orchestra/database';
import type { TaskErrorCode } from '@orchestra/pause-core/contract';
import { STATUS_WORDS, type TaskStatus } from '../contract/index.ts';
import { TaskError } from '../errors.ts';

/** What a worker is refused with when a run is no longer its own. */
export const RUN_REFUSALS = ['task_not_found', 'run_not_owner'] as const satisfies TaskErrorCode[];

/** Why a run is not its worker's any more. */
export interface NotOwner {
  code: (typeof RUN_REFUSALS)[number];
  /** For the worker's log, with what to do. */
  detail: string;
  /** How the run ended, where it did; undefined: no event says so. */
  ended: { as: string; status: TaskStatus; nextEligibleAt: Date | null } | undefined;
}

interface FoundTask {
  found: boolean;
  status: TaskStatus;
  run_id: string | null;
  worker_id: string | null;
  ended_as: string | null;
  ended_at: Date | null;
  ended_status: TaskStatus;
  next_eligible_at: Date | null;
}

/**
 * Tells of runs why they are not their workers' any more (P10), in their order. To be asked only after the statement
 * with the fence in it has changed nothing.
 *
 * @param by the function of the database that tells it
 */
export async function explainNotOwner(
  db: Queryable,
  runs: readonly { id: string; run_id: string }[],
  by: 'why_not_owner' | 'orchestra_work_why' = 'why_not_owner',
): Promise<NotOwner[]> {
  if (runs.length === 0) return [];
  const { rows } = await db.query<FoundTask>(`select w.* from ${by}($1, $2) w`, [
    runs.map((run) => run.id),
    runs.map((run) => run.run_id),
  ]);
  return runs.map(({ id, run_id }, index) => tellWhy(id, run_id, rows[index]));
}

function tellWhy(id: string, runId: string, task: FoundTask | undefined): NotOwner {
  if (task === undefined || !task.found)
    return { code: 'task_not_found', detail: `task ${id} not found`, ended: undefined };
  const now = task.status === 'running' ? `it is running for ${task.worker_id}` : `it ${STATUS_WORDS[task.status]}`;
  const ended =
    task.ended_as === null || task.ended_at === null
      ? undefined
      : { as: task.ended_as, status: task.ended_status, nextEligibleAt: task.next_eligible_at };
  const then =
    ended === undefined || task.ended_at === null
      ? 'the task never ran as the run that was named'
      : `run ${runId} was ${ended.as} at ${task.ended_at.toISOString()}`;
  return { code: 'run_not_owner', detail: `${then}; ${now}. Drop what this run did and claim again`, ended };
}

/**
 * The same for one run, as an error.
 *
 * @throws always: TaskError `task_not_found` or `run_not_owner`
 */
export async function refuseRun(db: Queryable, taskId: string, runId: string): Promise<never> {
  const [why] = await explainNotOwner(db, [{ id: taskId, run_id: runId }]);
  throw new TaskError(why?.code ?? 'run_not_owner', why?.detail ?? `run ${runId} is not this worker's`);
}
