// A worker that is a deterministic runner, started as an operator starts it.
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from '@orchestra/testkit';
import { beforeAll, expect, test } from 'vitest';
import type { Going } from './orchestra.ts';
import { testOrchestra } from './test-orchestra.ts';

const running = testOrchestra({ env: { ORCHESTRA_TEST_RUNNER: 'on', ORCHESTRA_STAGING_RUNNER: 'on' } });
let commit: string;
beforeAll(async () => {
  commit = await makeRepository(join(running.folder, 'shop'));
});

async function makeRepository(path: string): Promise<string> {
  const git = async (...args: string[]) =>
    (
      await promisify(execFile)('git', [
        '-C',
        path,
        '-c',
        'user.name=dana',
        '-c',
        'user.email=dana@example.invalid',
        ...args,
      ])
    ).stdout.trim();
  await mkdir(path);
  await git('init', '-q', '-b', 'main');
  await writeFile(
    join(path, 'check.sh'),
    '#!/bin/sh\necho "# tests 2"; echo "# pass 2"; echo "# fail 0"\ncase "$ORCHESTRA_PAYLOAD" in *fail*) ' +
      'exit 1;; esac\n',
    { mode: 0o755 },
  );
  await git('add', '.');
  await git('commit', '-q', '-m', 'check');
  return git('rev-parse', 'HEAD');
}

async function settings(name: string, text: string): Promise<string> {
  await writeFile(join(running.folder, name), text);
  return join(running.folder, name);
}

function start(...args: string[]): Going {
  return running.start(['worker', ...args, '--json']);
}

async function events(worker: Going, count: number): Promise<object[]> {
  await until(
    `${count} runs have ended`,
    () => worker.jsonLines().length >= count || worker.child.exitCode !== null,
    60_000,
  );
  return worker.jsonLines();
}

const runnerView = async (name: string) => (await running.client.queue()).runners.find(({ runner }) => runner === name);

test('a worker of the test runner takes what is kept for it, tests the commit in a worktree, and moves the task', async () => {
  const config = await settings(
    'testing.yaml',
    'folder: tests\ncommand: [sh, check.sh]\ntime_limit: 5m\nrepositories: { shop: shop }\n',
  );
  const {
    ids: [good = ''],
  } = await running.client.enqueue({ pipeline: 'default', stage: 'testing', repo: 'shop', skill: 'testing' });
  const worker = start('--runner', 'testing', '--runner-config', config, '--name', 'tests-1');
  expect(await events(worker, 1)).toMatchObject([{ event: 'finished', task_id: good }]);
  expect(await running.client.task(good)).toMatchObject({ status: 'queued', stage: 'staging' });
  const report = await readFile(join(running.folder, 'tests', 'reports', good, '13-test-report.md'), 'utf8');
  expect(report).toMatch(/^---\nresult: PASS\n/);
  expect(report).toContain(`commit: ${commit}`);
  expect(await readdir(join(running.folder, 'tests', 'worktrees'))).toEqual([]);

  const {
    ids: [bad = ''],
  } = await running.client.enqueue({ pipeline: 'default', stage: 'testing', repo: 'api', payload: {} });
  expect((await events(worker, 2))[1]).toMatchObject({
    event: 'disturbed',
    task_id: bad,
    outcome: 'environment',
    status: 'held',
    evidence: { row: 'no_project' },
  });

  await until('the preflight is told', async () => (await runnerView('test'))?.preflight);
  expect(await runnerView('test')).toMatchObject({
    switched: 'on',
    permanent_env: false,
    exec_host_side: false,
    preflight: { worker: 'tests-1', outcome: 'passed' },
  });
  const looked = () => worker.stderr.match(/^preflight: all is there$/gm)?.length;
  await until('it has looked', () => looked() === 1);
  worker.child.kill('SIGUSR2');
  await until('it has looked again', () => looked() === 2);
  expect(worker.stderr).toMatch(/^worker tests-1 runs: the tests of shop$/m);
  expect(worker.stderr).not.toContain('switch');
  worker.child.kill('SIGTERM');
  expect(await worker.ended()).toBe(0);
});

test('a suite that fails sends its task back, and uses an attempt', async () => {
  const config = await settings(
    'failing.yaml',
    'folder: tests\nrepositories:\n  "*": { path: shop, command: [./check.sh] }\n',
  );
  const {
    ids: [id = ''],
  } = await running.client.enqueue({ pipeline: 'default', stage: 'testing', repo: 'web', payload: { fail: true } });
  const worker = start('--runner', 'testing', '--runner-config', config);
  expect(await events(worker, 1)).toMatchObject([{ event: 'failed', task_id: id, status: 'queued' }]);
  expect(await running.client.task(id)).toMatchObject({ stage: 'development', result: { outcome: 'failed', commit } });
});

test('P11 a staging runner whose key and host are missing starts all the same, says so, and nobody’s attempt is used', async () => {
  const config = await settings(
    'staging.json',
    JSON.stringify({
      user: 'deploy',
      host: '127.0.0.1',
      port: 1,
      identity_file: 'no-key',
      known_hosts_file: 'no-hosts',
      command: ['check'],
    }),
  );
  const {
    ids: [id = ''],
  } = await running.client.enqueue({ pipeline: 'default', stage: 'staging', repo: 'docs' });
  const worker = start('--runner', 'staging', '--runner-config', config);
  expect((await events(worker, 1))[0]).toMatchObject({ event: 'disturbed' });
  await until('the preflight is told', async () => (await runnerView('staging'))?.preflight);
  expect(await runnerView('staging')).toMatchObject({
    permanent_env: true,
    exec_host_side: true,
    preflight: { says: expect.stringContaining(join(running.folder, 'no-key')) },
  });
  await until('it is said', () => worker.stderr.includes('preflight: there is no private key at'));
  await until(
    'it is tried',
    async () => (await running.client.taskEvents(id)).events.some(({ kind }) => kind === 'retried'),
    60_000,
  );
  expect(await running.client.task(id)).toMatchObject({ stage: 'staging', attempt: 0 });
  worker.child.kill('SIGINT');
  expect(await worker.ended()).toBe(0);
});

const WRONG: [string[], string][] = [
  [['--runner', 'testing'], '--runner testing needs its settings: --runner-config FILE'],
  [['--runner-config', 'x.yaml', '--', 'true'], '--runner-config needs --runner'],
  [['--runner', 'testing', '--runner-config', 'x.yaml', '--', 'true'], 'either --runner or a COMMAND, not both'],
  [
    ['--runner', 'testing', '--runner-config', 'x.yaml', '--time-limit', '5m'],
    '--time-limit, --folder, --env and --deliverables are for a COMMAND',
  ],
  [['--runner', 'linting', '--runner-config', 'x.yaml'], 'Expected --runner=linting to be one of: testing, staging'],
  [[], 'say what to run'],
];

test('wrong usage ends with 2 and one message, a file that is not as it should be too', async () => {
  const config = await settings(
    'wrong.yaml',
    'folder: tests\nrepositories:\n  shop: { path: shop, command: npm test }\n',
  );
  const all = [
    ...WRONG,
    [
      ['--runner', 'testing', '--runner-config', config],
      'wrong.yaml:3: repositories.shop.command: must be a list of words',
    ] as const,
  ];
  const ended = await Promise.all(all.map(async ([args]) => ({ args, ...(await running.run(['worker', ...args])) })));
  expect(ended).toEqual(
    all.map(([args, message]) => ({ args, code: 2, stdout: '', stderr: expect.stringContaining(message) })),
  );
});
