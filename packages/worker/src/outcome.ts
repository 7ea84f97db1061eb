import { errorText } from './error-text.ts';
import { NeedsInput } from './needs-input.ts';
import { Disturbance, RunAborted, TaskFailure, type StoppedAtCheckpoint } from './stop-reasons.ts';

/** How a handler came to its end. */
export type Ending = { returned: unknown } | { threw: unknown };

/** What the worker then tells the service. */
export type Outcome =
  | { kind: 'complete'; result: unknown }
  | { kind: 'ask'; questions: string }
  | { kind: 'fail'; error: string; retry: boolean; result: unknown; thrown: unknown }
  | { kind: 'disturbed'; by: Disturbance; withEvidence: boolean }
  | { kind: 'release'; cause: 'pause'; stopped: StoppedAtCheckpoint }
  | { kind: 'release'; cause: 'shutdown' }
  /** An operator has the run stopped. */
  | { kind: 'stop'; why: RunAborted }
  /** The run belongs to someone else: there is nobody to tell. */
  | { kind: 'drop'; why: string };

/**
 * What the end of a handler means.
 *
 * - A run that was lost is dropped, whatever it brought: its fence would refuse it (P10).
 * - Questions come before everything else: they are asked also at a checkpoint or a shutdown, and the task waits for
 *   its answer.
 * - One that an operator has stopped has done as it was told when it throws, or ends at a checkpoint. What it brings to
 *   its end all the same counts.
 * - A handler that was stopped at a checkpoint has not done all of its work, also when it caught the signal and
 *   returned.
 * - One that was told to end, and did so by throwing, has not failed.
 * - Nor has one that its environment or a passing disturbance stopped, and which says so.
 */
export function outcomeOf(ending: Ending, stopped: StoppedAtCheckpoint | undefined, abortReason: unknown): Outcome {
  const aborted = abortReason instanceof RunAborted ? abortReason : undefined;
  if (aborted?.why === 'run-lost') return { kind: 'drop', why: aborted.message };
  const brought = 'returned' in ending ? ending.returned : ending.threw;
  if (brought instanceof NeedsInput) return { kind: 'ask', questions: brought.questions };
  if (aborted?.why === 'stopped' && (stopped !== undefined || 'threw' in ending)) return { kind: 'stop', why: aborted };
  if (stopped !== undefined) return { kind: 'release', cause: 'pause', stopped };
  if ('returned' in ending) return { kind: 'complete', result: ending.returned };
  if (aborted !== undefined) return { kind: 'release', cause: 'shutdown' };
  const { threw } = ending;
  if (threw instanceof Disturbance) return { kind: 'disturbed', by: threw, withEvidence: true };
  const failure = threw instanceof TaskFailure ? threw : undefined;
  return {
    kind: 'fail',
    error: errorText(threw),
    retry: failure?.retry ?? true,
    result: failure?.result,
    thrown: threw,
  };
}
