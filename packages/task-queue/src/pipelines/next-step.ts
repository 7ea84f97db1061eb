import { DONE, type OutcomeKind } from '../contract/index.ts';
import { findStage, type Pipeline, type Stage } from './pipeline.ts';

/** How a run of a stage ended, as far as its pipeline is concerned. */
export type StageOutcome = OutcomeKind | 'needs_input';

/** What is left to a task when a run of it ends, this run included. */
export interface Left {
  /** More runs of this stage may fail. */
  attempts: boolean;
  /** More runs in a row may meet a passing disturbance. */
  retries: boolean;
}

export type Step =
  /** To another stage, back in the queue, in its old place. `attemptUsed`: of the stage it leaves. */
  | { then: 'moves'; to: Stage; attemptUsed: boolean }
  /** Once more in the same stage, after a delay. */
  | { then: 'again'; attemptUsed: boolean }
  /** Through: succeeded. */
  | { then: 'done' }
  /** Failed for good: no attempts are left. */
  | { then: 'fails' }
  /** Until a person releases it. No attempt is used, and nothing is rolled back. */
  | { then: 'held' }
  /** Parked in the same stage until its question is answered. */
  | { then: 'waits' };

/**
 * Where a task goes when a run of one of its stages ends. The one telling of the rule in TypeScript; the statement that
 * ends runs tells it in SQL, and `stages.db.test.ts` holds the two together over every cell.
 *
 * A stage that the table does not have (any more) holds its task, whatever the run said, but for what ends it or puts
 * it back.
 */
export function nextStep(pipeline: Pipeline, stageName: string, outcome: StageOutcome, left: Left): Step {
  if (outcome === 'needs_input') return { then: 'waits' };
  if (outcome === 'environment') return { then: 'held' };
  if (outcome === 'transient') return left.retries ? { then: 'again', attemptUsed: false } : { then: 'held' };
  if (outcome === 'failed' && !left.attempts) return { then: 'fails' };
  const stage = findStage(pipeline, stageName);
  const to = stage === undefined ? undefined : outcome === 'passed' ? stage.onPass : stage.onFail;
  if (to === undefined) return { then: 'held' };
  if (to === DONE) return { then: 'done' };
  if (to === stageName) return { then: 'again', attemptUsed: true };
  const next = findStage(pipeline, to);
  return next === undefined ? { then: 'held' } : { then: 'moves', to: next, attemptUsed: outcome === 'failed' };
}
