import { rm } from 'node:fs/promises';
import { environmentForCommands } from '@orchestra/pause-core/secret-settings';
import type { RunnerOutcome } from '@orchestra/task-queue/contract';
import { factsOf } from '../outcome/command-facts.ts';
import { judgeOutcome } from '../outcome/judge-outcome.ts';
import type { OutcomeRow } from '../outcome/outcome-row.ts';
import type { TestCounts } from '../outcome/test-counts.ts';
import { runToItsEnd } from '../process/run-to-its-end.ts';
import { boundsOf, tailOf, type RunnerOrder } from '../runner-order.ts';
import { runSmoke, type SmokeOrder, type SmokeResult } from './smoke.ts';
import { testReportText } from './test-report.ts';
import { writeWhole } from './write-whole.ts';

export interface TestOrder extends RunnerOrder {
  /** The project's test command. */
  command: readonly string[];
  /** Where it runs: the task's worktree. */
  folder: string;
  /** Where the report goes. What stands there is taken away first: nobody shall take an old one for this run's. */
  report: string;
  /** What is tested, for the report. */
  commit?: string | undefined;
  runId?: string | undefined;
  /** Asked when the command has passed. */
  smoke?: SmokeOrder | undefined;
  /** This process's own, without what could open a door of Orchestra, unless given. */
  env?: NodeJS.ProcessEnv | undefined;
}

export interface TestRun {
  outcome: RunnerOutcome;
  counts: TestCounts | null;
  smoke: SmokeResult[] | null;
  memoryPeakBytes: number | null;
  /** null: it could not be written, which the outcome tells. */
  report: string | null;
}

/**
 * Runs the test command, then, if that passed, the smoke, and writes the report.
 *
 * @throws the reason of `signal`, without a report; TypeError without a command
 */
export async function runTests(order: TestOrder): Promise<TestRun> {
  const { command, folder, signal, table } = order;
  const startedAt = new Date();
  const startedAtMs = performance.now();
  const notRemoved = await rm(order.report, { force: true }).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (notRemoved !== undefined)
    return {
      outcome: reportFault(order, notRemoved, 0),
      counts: null,
      smoke: null,
      memoryPeakBytes: null,
      report: null,
    };

  const end = await runToItsEnd({
    ...boundsOf(order),
    command,
    cwd: folder,
    env: order.env ?? environmentForCommands(process.env),
  });
  const { facts, counts } = factsOf(command, end);
  const tested = judgeOutcome(facts, table);
  const smoke = tested.outcome !== 'passed' || order.smoke === undefined ? null : await runSmoke(order.smoke, signal);
  const outcome = smoke === null ? tested : judgeSmoke(tested, smoke, table);

  const text = testReportText({
    outcome,
    command,
    counts,
    smoke,
    startedAt,
    finishedAt: new Date(),
    commit: order.commit ?? null,
    runId: order.runId ?? null,
    durationMs: performance.now() - startedAtMs,
    exitCode: end.exitCode,
    signal: end.signal,
    memoryPeakBytes: end.memoryPeakBytes,
    tail: tailOf(end),
  });
  const notWritten = await writeWhole(order.report, text).then(
    () => undefined,
    (error: unknown) => error,
  );
  const found = { counts, smoke, memoryPeakBytes: end.memoryPeakBytes };
  return notWritten === undefined
    ? { outcome, report: order.report, ...found }
    : { outcome: reportFault(order, notWritten, end.durationMs), report: null, ...found };
}

/** A smoke is judged by the same table, as a command would be that prints what went wrong and ends with exit code 1. */
function judgeSmoke(
  tested: RunnerOutcome,
  smoke: readonly SmokeResult[],
  table: readonly OutcomeRow[] | undefined,
): RunnerOutcome {
  const wrong = smoke.filter(({ ok }) => !ok);
  if (wrong.length === 0) return tested;
  return judgeOutcome(
    {
      command: ['smoke', ...smoke.map(({ url }) => url)],
      why: 'exited',
      startProblem: null,
      exitCode: 1,
      signal: null,
      durationMs: smoke.reduce((sum, { duration_ms }) => sum + duration_ms, 0),
      stdout: '',
      stderr: wrong.map(({ says }) => says).join('\n'),
    },
    table,
  );
}

/** Without a report the stage has no proof, whatever the tests said. */
function reportFault({ report, table }: TestOrder, error: unknown, durationMs: number): RunnerOutcome {
  return judgeOutcome(
    {
      command: ['write', report],
      why: 'exited',
      startProblem: null,
      exitCode: 1,
      signal: null,
      durationMs,
      stdout: '',
      stderr: `the report cannot be written: ${error instanceof Error ? error.message : String(error)}`,
    },
    table,
  );
}
