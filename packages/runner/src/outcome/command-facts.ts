import type { OwnEnd } from '../process/run-to-its-end.ts';
import type { CommandFacts } from './judge-outcome.ts';
import { countTests, type TestCounts } from './test-counts.ts';

/** What the outcome table needs to know of the end of a command. */
export function factsOf(command: readonly string[], end: OwnEnd): { facts: CommandFacts; counts: TestCounts | null } {
  const [stdout, stderr] = [end.stdout.text(), end.stderr.text()];
  const counts = countTests(`${stdout}\n${stderr}`, { whole: end.stdout.whole && end.stderr.whole });
  const { why, startProblem, exitCode, signal, durationMs } = end;
  return { facts: { command, why, startProblem, exitCode, signal, durationMs, stdout, stderr, counts }, counts };
}
