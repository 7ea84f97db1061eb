import { access, constants } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@orchestra-brake/client';
import { factsOf, judgeOutcome, runToItsEnd } from '@orchestra/runner';
import { endByOutcome, testRunnerHandler, type Handler } from '@orchestra-brake/worker';
import { change } from './change.ts';
import { REPOS, type Place } from './place.ts';

const SUITE_MS = 120_000;
const DELIVER_MS = 30_000;
const GRACE_MS = 2_000;
const KEPT_BYTES = 8_000;

/**
 * The test runner, as `orchestra worker --runner testing` runs it: in each repo its project's own suite, on the branch
 * that the task names.
 */
export function testRunner(place: Place): Handler {
  const project = (repo: string) => ({
    repository: join(place.repositories, repo),
    command: [process.execPath, '--test'],
    timeLimitMs: SUITE_MS,
    env: { HOME: place.worktrees },
  });
  return testRunnerHandler({
    projects: Object.fromEntries(REPOS.map((repo) => [repo, project(repo)])),
    folder: place.tests,
    graceMs: GRACE_MS,
  });
}

/**
 * The staging runner. A real one goes over ssh (`runStaging`); here the program lies on this machine, and the outcome
 * is judged by the same table.
 */
export function stagingRunner(place: Place): Handler {
  return async (task, { signal }) => {
    const { repo, name } = change.parse(task.payload);
    const command = [join(place.staging, repo, 'deliver')];
    const end = await runToItsEnd({
      command,
      env: { PATH: process.env['PATH'] },
      stdin: JSON.stringify({ task: task.id, name }),
      timeLimitMs: DELIVER_MS,
      graceMs: GRACE_MS,
      keepBytes: { head: KEPT_BYTES, tail: KEPT_BYTES },
      signal,
    });
    return endByOutcome({
      outcome: judgeOutcome(factsOf(command, end).facts),
      result: { delivered: end.stdout.text().trim() },
    });
  };
}

/** Says what staging finds here before it is needed. It starts whatever this says. */
export async function reportStagingPreflight(client: Client, place: Place): Promise<void> {
  const checks = await Promise.all(
    REPOS.map(async (repo) => {
      const program = join(place.staging, repo, 'deliver');
      const ok = await access(program, constants.X_OK).then(
        () => true,
        () => false,
      );
      return { name: `deliver ${repo}`, ok, says: ok ? `${program} is there` : `${program} is missing` };
    }),
  );
  const missing = checks.filter(({ ok }) => !ok);
  await client.reportPreflight({
    runner: 'staging',
    worker: 'stager',
    host: hostname(),
    outcome: missing.length === 0 ? 'passed' : 'environment',
    says: missing.length === 0 ? 'everything is there' : missing.map(({ says }) => says).join('; '),
    fix: missing.length === 0 ? null : 'install what is missing',
    checks,
  });
}
