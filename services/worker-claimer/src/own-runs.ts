import { ownsRun, type TokenHolder } from '@orchestra/pause-core';
import type { Ending, RunFinishResult } from '@orchestra/task-queue/contract';

// No task has ever run as it. What names somebody else's run is refused in the same words as what names none.
const UNKNOWN_RUN = '00000000-0000-8000-8000-000000000000';

/**
 * The run that a caller names, as far as it is the caller's own: of another token's run nothing can be changed, and
 * nothing is told.
 */
export function ownRun({ runKey }: Pick<TokenHolder, 'runKey'>, runId: string): string {
  return ownsRun(runKey, runId) ? runId : UNKNOWN_RUN;
}

/** The same for many runs. */
export function ownRuns<Run extends { run_id: string }>(
  caller: Pick<TokenHolder, 'runKey'>,
  runs: readonly Run[],
): Run[] {
  return runs.map((run) => ({ ...run, run_id: ownRun(caller, run.run_id) }));
}

/** The answers, each under the `run_id` that its caller has sent. */
export function asSent(answers: readonly RunFinishResult[], sent: readonly Ending[]): RunFinishResult[] {
  return answers.map((answer, index) => ({ ...answer, run_id: sent[index]?.run_id ?? answer.run_id }));
}
