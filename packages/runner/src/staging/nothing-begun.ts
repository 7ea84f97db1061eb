import type { RunnerOutcome } from '@orchestra/task-queue/contract';
import { factsOf } from '../outcome/command-facts.ts';
import { judgeOutcome } from '../outcome/judge-outcome.ts';
import type { OutcomeRow } from '../outcome/outcome-row.ts';
import type { OwnEnd } from '../process/run-to-its-end.ts';

/**
 * What it means that a host was asked to start a command and did not: by the same table as a run, except that no code
 * has run that could have failed, and none that could have passed, whatever the exit code is.
 *
 * @param said by ssh and by the host, wherever it was printed
 */
export function nothingBegun({
  command,
  end,
  said,
  table,
}: {
  command: readonly string[];
  end: OwnEnd;
  said: string;
  table?: readonly OutcomeRow[] | undefined;
}): RunnerOutcome {
  const { facts } = factsOf(command, end);
  // Exit code 0 is what a login shell ends with that does nothing; rows about it speak of tests.
  const judged = judgeOutcome(
    {
      ...facts,
      exitCode: facts.exitCode === 0 ? 1 : facts.exitCode,
      named: 'ssh',
      stdout: '',
      stderr: said,
      counts: null,
    },
    table,
  );
  const evidence = { ...judged.evidence, exit_code: end.exitCode };
  if (judged.outcome === 'environment' || judged.outcome === 'transient') return { outcome: judged.outcome, evidence };
  const [, where = ''] = command;
  const how =
    end.why === 'time-limit'
      ? 'did not start the command within the time limit'
      : `ended with ${end.exitCode === null ? String(end.signal) : `exit code ${end.exitCode}`} before the ` +
        'command was started';
  return {
    outcome: end.why === 'time-limit' ? 'transient' : 'environment',
    evidence: {
      ...evidence,
      row: 'nothing_begun',
      says: `${where} ${how}`,
      fix:
        'log in there by ssh as the runner does, and correct the account, its login shell, or what the ssh ' +
        'server runs in its place',
    },
  };
}
