import type { Queryable } from '@orchestra/database';
import type { Ending, FinishAnswer, OutcomeEvidence, ReleaseCause } from '../contract/index.ts';
import { TaskError } from '../errors.ts';
import type { StageRules } from '../pipelines/stage-rules.ts';
import { finishRuns } from './finish-runs.ts';

// The ways in which a run's owner ends it. A repeated call of the same ending answers what the first one did.

/** Ends a run with success. @throws TaskError `run_not_owner`, `task_not_found` */
export function completeRun(
  db: Queryable,
  taskId: string,
  runId: string,
  result: unknown,
  rules?: StageRules,
): Promise<FinishAnswer> {
  return endRun(db, { as: 'completed', id: taskId, run_id: runId, result }, rules);
}

/**
 * Ends a run with an error: back to its place after a delay while attempts are left, else failed for good.
 *
 * @throws TaskError `run_not_owner`, `task_not_found`
 */
export function failRun(
  db: Queryable,
  taskId: string,
  runId: string,
  failure: { error: string; retry: boolean; result?: unknown },
  rules?: StageRules,
): Promise<FinishAnswer> {
  return endRun(db, { as: 'failed', id: taskId, run_id: runId, ...failure }, rules);
}

/**
 * Hands a run back unfinished: no attempt is used, the place is kept, and the next run is given the cursor.
 *
 * @throws TaskError `run_not_owner`, `task_not_found`
 */
export function releaseRun(
  db: Queryable,
  taskId: string,
  runId: string,
  release: { cause: ReleaseCause; cursor?: unknown },
  rules?: StageRules,
): Promise<FinishAnswer> {
  return endRun(db, { as: 'released', id: taskId, run_id: runId, ...release }, rules);
}

/** What stopped a run that is not to blame for it. */
export interface Disturbance {
  says: string;
  fix?: string | null | undefined;
  evidence?: OutcomeEvidence | undefined;
  cursor?: unknown;
}

/**
 * Ends a run that its environment stopped and that would fail again unchanged: the task is held until a person lets it
 * go on. No attempt is used, an alert is raised, and nothing is rolled back.
 *
 * @throws TaskError `run_not_owner`, `task_not_found`
 */
export function holdRun(
  db: Queryable,
  taskId: string,
  runId: string,
  disturbance: Disturbance,
  rules?: StageRules,
): Promise<FinishAnswer> {
  return endRun(db, { as: 'held', id: taskId, run_id: runId, ...disturbance }, rules);
}

/**
 * Ends a run that a passing disturbance stopped: the task is tried again after a while, so many times in a row, then
 * held. No attempt is used.
 *
 * @throws TaskError `run_not_owner`, `task_not_found`
 */
export function retryRun(
  db: Queryable,
  taskId: string,
  runId: string,
  disturbance: Disturbance,
  rules?: StageRules,
): Promise<FinishAnswer> {
  return endRun(db, { as: 'retried', id: taskId, run_id: runId, ...disturbance }, rules);
}

async function endRun(db: Queryable, ending: Ending, rules?: StageRules): Promise<FinishAnswer> {
  const [answer] = await finishRuns(db, [ending], rules);
  const { status = null, refused = null, next_eligible_at = null } = answer ?? {};
  if (status === null)
    throw new TaskError(refused?.code ?? 'run_not_owner', refused?.detail ?? 'the run was not ended');
  return { status, next_eligible_at };
}
