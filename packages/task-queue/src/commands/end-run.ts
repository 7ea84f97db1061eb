import type { Queryable } from '@orchestra/database';
import type { Ending, FinishAnswer, ReleaseCause } from '../contract/index.ts';
import { TaskError } from '../errors.ts';
import { endRuns } from './end-runs.ts';

// The three ways in which a run's owner ends it. A repeated call of the same ending answers what the first one did.

/** Ends a run with success. @throws TaskError `run_not_owner`, `task_not_found` */
export function completeRun(db: Queryable, taskId: string, runId: string, result: unknown): Promise<FinishAnswer> {
  return endRun(db, { as: 'completed', id: taskId, run_id: runId, result });
}

/**
 * Ends a run with an error: back to its place after a delay while attempts are left, else failed for good.
 *
 * @throws TaskError `run_not_owner`, `task_not_found`
 */
export function failRun(db: Queryable, taskId: string, runId: string, failure: { error: string; retry: boolean; result?: unknown }): Promise<FinishAnswer> {
  return endRun(db, { as: 'failed', id: taskId, run_id: runId, ...failure });
}

/**
 * Hands a run back unfinished: no attempt is used, the place is kept, and the next run is given the cursor.
 *
 * @throws TaskError `run_not_owner`, `task_not_found`
 */
export function releaseRun(db: Queryable, taskId: string, runId: string, release: { cause: ReleaseCause; cursor?: unknown }): Promise<FinishAnswer> {
  return endRun(db, { as: 'released', id: taskId, run_id: runId, ...release });
}

async function endRun(db: Queryable, ending: Ending): Promise<FinishAnswer> {
  const [answer] = await endRuns(db, [ending]);
  const { status = null, refused = null, next_eligible_at = null } = answer ?? {};
  if (status === null) throw new TaskError(refused?.code ?? 'run_not_owner', refused?.detail ?? 'the run was not ended');
  return { status, next_eligible_at };
}
