import { judgeOutcome, GitFailure, factsOf, OUTCOME_TABLE, type OutcomeRow } from '@orchestra/runner';
import type { OutcomeEvidence, RunnerOutcome } from '@orchestra/task-queue/contract';

/** What keeps a runner from beginning. No suite has run, so it is nobody's failure. */
export function notBegun(row: string, says: string, fix: string): RunnerOutcome {
  const evidence: OutcomeEvidence = {
    row,
    says: says.slice(0, 2_000),
    fix,
    command: [],
    exit_code: null,
    signal: null,
    duration_ms: 0,
    lines: [],
  };
  return { outcome: 'environment', evidence };
}

/**
 * The same for git, which may have met a passing disturbance: by the outcome table, and where that would call it
 * failed, the environment's fault.
 */
export function gitNotBegun(failure: GitFailure, says: string, fix: string): RunnerOutcome {
  const { end, command } = failure;
  const judged = judgeOutcome(factsOf(command, end).facts, TABLE_OF_GIT);
  const outcome = end.why === 'time-limit' ? 'transient' : judged.outcome === 'transient' ? 'transient' : 'environment';
  return {
    outcome,
    evidence: {
      ...judged.evidence,
      says: `${says}: ${judged.evidence.says}`.slice(0, 2_000),
      fix: judged.evidence.fix ?? fix,
    },
  };
}

/**
 * A filter that is missing ends as a connection does that was cut: git has lost the program at the other end of a pipe.
 */
const TABLE_OF_GIT: readonly OutcomeRow[] = [
  {
    name: 'git_filter_missing',
    when: { stderr: [/: (?:line )?\d+: [^:]+: (?:command )?not found$/] },
    outcome: 'environment',
    says: 'a program that git runs is missing: {line}',
    fix:
      'install that program on the machine of this runner (git-lfs: and git lfs install), or take it out ' +
      'of the settings of git',
  },
  ...OUTCOME_TABLE,
];
