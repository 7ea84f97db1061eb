import type { RunnerOutcome } from '@orchestra/task-queue/contract';
import { Disturbance, TaskFailure } from '../stop-reasons.ts';

/** What a runner brings: its outcome, and what is kept with the task beside it. */
export interface RunnerEnd {
  outcome: RunnerOutcome;
  result: Record<string, unknown>;
}

/**
 * Ends a run as its outcome wants it: `passed` completes it, `failed` fails it and uses an attempt; `environment` has
 * its task held, `transient` has it tried again, and neither uses one.
 *
 * @throws TaskFailure, Disturbance
 */
export function endByOutcome({ outcome: { outcome, evidence }, result }: RunnerEnd): Record<string, unknown> {
  const kept = { outcome, evidence, ...result };
  switch (outcome) {
    case 'passed':
      return kept;
    case 'failed':
      throw new TaskFailure([evidence.says, ...evidence.lines].join('\n'), { result: kept });
    case 'environment':
    case 'transient':
      throw new Disturbance(outcome, evidence.says, { fix: evidence.fix, evidence });
  }
}
