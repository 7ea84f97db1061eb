import { access, constants, mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@orchestra/client';
import { factsOf, judgeOutcome, OutputTail, readReport, runTests, runToItsEnd, TEST_REPORT_FILE, withWorktree } from '@orchestra/runner';
import type { RunnerOutcome } from '@orchestra/task-queue/contract';
import { Disturbance, TaskFailure, type Handler } from '@orchestra/worker';
import { change } from './change.ts';
import { REPOS, type Place } from './place.ts';

const SUITE_MS = 120_000;
const DELIVER_MS = 30_000;
const GRACE_MS = 2_000;
const SHOWN_BYTES = 8_000;

/** What a runner's verdict means for its run: done, a failure of the code, or nobody's fault. */
function follow({ outcome, evidence }: RunnerOutcome, result: unknown): unknown {
  if (outcome === 'passed') return result;
  if (outcome === 'failed') throw new TaskFailure(evidence.says, { result });
  throw new Disturbance(outcome, evidence.says, { fix: evidence.fix, evidence });
}

/** The test runner: the project's own suite in a worktree of the task, a report, and the gate that reads it as it would read anyone's. */
export function testRunner(place: Place): Handler {
  return async (task, { signal, showOutput }) => {
    const { repo, name } = change.parse(task.payload);
    const report = join(place.reports, task.id, TEST_REPORT_FILE);
    await mkdir(join(place.reports, task.id), { recursive: true });
    const tail = new OutputTail(SHOWN_BYTES);
    const runStartedAt = new Date();
    return withWorktree({ repository: join(place.repositories, repo), ref: `change/${name}`, folder: place.worktrees, name, signal }, async ({ path, commit }) => {
      const { outcome, counts } = await runTests({
        command: [process.execPath, '--test'], folder: path, report, commit, runId: task.run_id, signal, timeLimitMs: SUITE_MS, graceMs: GRACE_MS,
        env: { PATH: process.env['PATH'], HOME: place.worktrees },
        onOutput: (chunk) => { tail.add(chunk); showOutput(tail.text()); },
      });
      const found = follow(outcome, { report, commit, counts });
      const gate = await readReport({ file: report, runStartedAt, commit, runId: task.run_id });
      if (!gate.passes) throw new TaskFailure(gate.reason);
      return found;
    });
  };
}

/** The staging runner. A real one goes over ssh (`runStaging`); here the program lies on this machine, and the outcome is judged by the same table. */
export function stagingRunner(place: Place): Handler {
  return async (task, { signal }) => {
    const { repo, name } = change.parse(task.payload);
    const command = [join(place.staging, repo, 'deliver')];
    const end = await runToItsEnd({
      command, env: { PATH: process.env['PATH'] }, stdin: JSON.stringify({ task: task.id, name }), timeLimitMs: DELIVER_MS, graceMs: GRACE_MS,
      keepBytes: { head: SHOWN_BYTES, tail: SHOWN_BYTES }, signal,
    });
    return follow(judgeOutcome(factsOf(command, end).facts), { delivered: end.stdout.text().trim() });
  };
}

/** Says what staging finds here before it is needed. It starts whatever this says. */
export async function reportStagingPreflight(client: Client, place: Place): Promise<void> {
  const checks = await Promise.all(REPOS.map(async (repo) => {
    const program = join(place.staging, repo, 'deliver');
    const ok = await access(program, constants.X_OK).then(() => true, () => false);
    return { name: `deliver ${repo}`, ok, says: ok ? `${program} is there` : `${program} is missing` };
  }));
  const missing = checks.filter(({ ok }) => !ok);
  await client.reportPreflight({
    runner: 'staging', worker: 'stager', host: hostname(), outcome: missing.length === 0 ? 'passed' : 'environment',
    says: missing.length === 0 ? 'everything is there' : missing.map(({ says }) => says).join('; '), fix: missing.length === 0 ? null : 'install what is missing', checks,
  });
}
