import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { preflightTests } from '@orchestra/runner';
import { until } from '@orchestra/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createCommandHandler,
  pipelineGates,
  startPreflights,
  stagingRunnerHandler,
  testRunnerHandler,
  type Handler,
  type TestProject,
} from '../src/index.ts';
import { fresh, startOrchestra } from './orchestra.ts';

const orchestra = startOrchestra();
let top: string;
let repository: string;
let commit: string;

beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'orchestra-runners-'));
  repository = join(top, 'repository');
  const git = async (...args: string[]) =>
    (
      await promisify(execFile)('git', [
        '-C',
        repository,
        '-c',
        'user.name=dana',
        '-c',
        'user.email=dana@example.invalid',
        ...args,
      ])
    ).stdout.trim();
  await promisify(execFile)('git', ['init', '-q', '-b', 'main', repository]);
  await writeFile(
    join(repository, 'check.sh'),
    '#!/bin/sh\necho "# tests 2"; echo "# pass 2"; echo "# fail 0"\ncase "$ORCHESTRA_PAYLOAD" in *fail*) ' +
      'exit 1;; *swallow*) echo "# tests 1"; echo "# pass 0"; echo "# fail 1";; *docker*) no-such-docker;; ' +
      '*container*) echo "Error response from daemon: No such container: app" >&2; exit 1;; *nopytest*) ' +
      'echo "/usr/bin/python3: No module named pytest" >&2; exit 1;; *reset*) echo "read: connection reset ' +
      'by peer" >&2; exit 1;; *talk*) while [ ! -e "$UNTIL" ]; do sleep 0.1; done;; esac\n',
  );
  await chmod(join(repository, 'check.sh'), 0o755);
  // A report that somebody has committed must not be taken for this run's.
  await writeFile(join(repository, '13-test-report.md'), '---\nresult: PASS\n---\n');
  await git('add', '.');
  await git('commit', '-q', '-m', 'check');
  commit = await git('rev-parse', 'HEAD');
});
afterAll(() => rm(top, { recursive: true, force: true }));

const project = (rest: Partial<TestProject> = {}): TestProject => ({
  repository,
  command: ['./check.sh'],
  env: { UNTIL: join(top, 'until') },
  ...rest,
});

async function run(handler: Handler, payload: Record<string, unknown> = {}) {
  const skill = fresh('testing');
  const {
    ids: [id = ''],
  } = await orchestra.admin.enqueue({ skill, payload });
  const { worker, heard } = orchestra.worker({ handlers: { [skill]: handler } });
  await worker.start();
  return { id, heard, task: () => orchestra.admin.task(id) };
}

const tester = (rest: Partial<TestProject> = {}) =>
  testRunnerHandler({ projects: { '*': project(rest) }, folder: join(top, 'work'), graceMs: 300 });

describe('a run of the test runner', () => {
  test('that passes completes its task, leaves its report, and no worktree', async () => {
    const { id, heard, task } = await run(tester());
    await heard.first('finished');
    expect(await task()).toMatchObject({
      status: 'succeeded',
      result: {
        outcome: 'passed',
        commit,
        gate: 'the report says PASS',
        counts: { passed: 2 },
        evidence: { row: 'passed' },
      },
    });
    expect(await readFile(join(top, 'work', 'reports', id, '13-test-report.md'), 'utf8')).toContain(
      `commit: ${commit}`,
    );
    expect(await readdir(join(top, 'work', 'worktrees'))).toEqual([]);
  });

  test('that fails uses an attempt, with its evidence', async () => {
    const { heard, task } = await run(tester(), { fail: true });
    await heard.first('failed');
    expect(await task()).toMatchObject({
      status: 'queued',
      attempt: 1,
      result: { outcome: 'failed', evidence: { row: 'suite_failed', exit_code: 1 } },
    });
  });

  test('P11 that its environment stops has its task held, with what to repair, and uses no attempt', async () => {
    const { id, heard, task } = await run(tester(), { docker: true });
    expect(await heard.first('disturbed')).toMatchObject({ status: 'held', by: { outcome: 'environment' } });
    expect(await task()).toMatchObject({
      status: 'held',
      attempt: 0,
      held_evidence: {
        fix: expect.stringContaining('install'),
        evidence: { row: 'shell_found_no_command', exit_code: 127 },
      },
    });
    expect(await orchestra.story(id)).toEqual(['queued', 'claimed', 'held']);
  });

  test('P11 that needs a tool which is not installed has its task held, and uses no attempt', async () => {
    const { heard, task } = await run(tester(), { nopytest: true });
    expect(await heard.first('disturbed')).toMatchObject({
      status: 'held',
      by: { outcome: 'environment', evidence: { row: 'test_tool_missing', exit_code: 1 } },
    });
    expect(await task()).toMatchObject({ status: 'held', attempt: 0 });
  });

  test.each([
    ['a connection that is cut', { reset: true }, 'connection_reset'],
    ['a container that is not there', { container: true }, 'container_not_ready'],
  ])('P11 that a passing disturbance stops is tried again, and uses no attempt: %s', async (_what, payload, row) => {
    const { id, heard, task } = await run(tester(), payload);
    expect(await heard.first('disturbed')).toMatchObject({
      status: 'queued',
      nextEligibleAt: expect.any(String),
      by: { outcome: 'transient', evidence: { row } },
    });
    expect(await task()).toMatchObject({ status: 'queued', attempt: 0 });
    expect((await orchestra.story(id)).slice(0, 3)).toEqual(['queued', 'claimed', 'retried']);
  });

  test.each([
    ['a commit that is not there', {}, { ref: 'nowhere' }, 'no_such_ref'],
    ['a clone that is not there', { repository: '/nowhere' }, {}, 'no_repository'],
    ['a command that is not there', { command: ['no-such-runner'] }, {}, 'missing_command'],
  ])('P11 with %s is held: no suite has run', async (_what, rest, payload, row) => {
    const { heard, task } = await run(tester(rest), payload);
    expect(await heard.first('disturbed')).toMatchObject({ status: 'held', by: { evidence: { row } } });
    expect(await task()).toMatchObject({ status: 'held', attempt: 0 });
  });

  test('of a repo that nobody told it of is held', async () => {
    const { heard } = await run(testRunnerHandler({ projects: { api: project() }, folder: join(top, 'work') }));
    expect(await heard.first('disturbed')).toMatchObject({
      by: { outcome: 'environment', evidence: { row: 'no_project' } },
    });
  });

  test.each([
    ['worktrees', 'worktrees'],
    ['reports', 'reports'],
  ])('whose folder of %s cannot be made is held: no suite has run', async (_what, name) => {
    const folder = await mkdtemp(join(top, 'taken-'));
    await writeFile(join(folder, name), 'a file in its place');
    const { heard, task } = await run(testRunnerHandler({ projects: { '*': project() }, folder }));
    expect(await heard.first('disturbed')).toMatchObject({
      status: 'held',
      by: {
        outcome: 'environment',
        fix: expect.stringContaining('the right to write there'),
        evidence: { row: 'folder_not_writable' },
      },
    });
    expect(await task()).toMatchObject({ status: 'held', attempt: 0 });
  });

  test('passes by its gate alone, whatever its table says', async () => {
    const lenient = [
      { name: 'lenient', when: { exit_code: [0] }, outcome: 'passed', says: 'fine', fix: null },
    ] as const;
    const { heard } = await run(tester({ table: lenient }), { swallow: true });
    expect(await heard.first('failed')).toMatchObject({
      error: expect.stringContaining('its gate did not: the report contradicts itself'),
    });
  });

  test('shows what it prints while it runs', async () => {
    const { id, heard } = await run(tester(), { talk: true });
    await until('its output is shown', async () => (await orchestra.admin.taskOutput(id)).tail.includes('# pass 2'));
    expect(await orchestra.story(id)).toEqual(['queued', 'claimed']);
    await writeFile(join(top, 'until'), '');
    await heard.first('finished');
  });
});

describe('the gate of a stage reads the report of an ordinary worker', () => {
  const stage = async (script: string) => {
    const folder = await mkdtemp(join(top, 'gate-'));
    const {
      ids: [id = ''],
    } = await orchestra.admin.enqueue({ pipeline: 'default', stage: 'testing', agent_id: fresh('tester') });
    const { agent_id } = await orchestra.admin.task(id);
    const handler = createCommandHandler({
      command: ['/bin/sh', '-c', script],
      folderPerTask: folder,
      gateOf: pipelineGates(orchestra.admin),
    });
    const { worker, heard } = orchestra.worker({ handlers: { testing: handler }, agents: [agent_id ?? ''] });
    await worker.start();
    return { heard, task: () => orchestra.admin.task(id) };
  };

  test('and lets through what it says has passed', async () => {
    const { heard, task } = await stage('printf -- "---\\nresult: PASS\\n---\\n" > 13-test-report.md');
    await heard.first('finished');
    expect(await task()).toMatchObject({ stage: 'staging' });
  });

  test.each([
    ['that is missing', 'true', 'there is no report'],
    ['that says FAIL', 'printf -- "---\\nresult: FAIL\\n---\\n" > 13-test-report.md', 'says FAIL'],
  ])('and stops one %s, whatever the exit code', async (_what, script, reason) => {
    const { heard, task } = await stage(script);
    expect(await heard.first('failed')).toMatchObject({ error: expect.stringContaining(reason) });
    expect(await task()).toMatchObject({ stage: 'development' });
  });
});

test('a command shows what it prints while it runs', async () => {
  const { id, heard } = await run(
    createCommandHandler({
      command: [
        '/bin/sh',
        '-c',
        `echo half way; while [ ! -e "${top}/go-on" ]; do sleep 0.1; done; echo and the é end`,
      ],
    }),
  );
  await until('its output is shown', async () => (await orchestra.admin.taskOutput(id)).tail === 'half way\n');
  await writeFile(join(top, 'go-on'), '');
  await expect(heard.first('finished')).resolves.toMatchObject({ result: { stdout: 'half way\nand the é end\n' } });
  // What it printed last was shown before its end was told.
  expect(await orchestra.admin.taskOutput(id)).toMatchObject({ tail: 'half way\nand the é end\n', printed: 23 });
});

test('P11 a run of the staging runner whose host refuses it is tried again', async () => {
  const { heard, task } = await run(
    stagingRunnerHandler({
      user: 'deploy',
      host: '127.0.0.1',
      port: 1,
      identityFile: '/nowhere/key',
      knownHostsFile: '/nowhere/known',
      command: ['check'],
    }),
  );
  expect(await heard.first('disturbed')).toMatchObject({
    status: 'queued',
    by: {
      outcome: 'transient',
      evidence: { row: 'connection_refused', command: ['ssh', 'deploy@127.0.0.1', '--', 'check'] },
    },
  });
  expect(await task()).toMatchObject({ attempt: 0 });
});

test('what a runner finds in its environment is told to the service, at its start and on demand', async () => {
  const projects = { '*': project({ command: ['no-such-runner'] }) };
  const told: unknown[] = [];
  const preflights = startPreflights({
    runner: 'test',
    worker: 'w1',
    execHostSide: false,
    onUnreported: (error) => told.push(error),
    look: (signal) => preflightTests({ projects, folder: join(top, 'work') }, { signal }),
    report: (request) => orchestra.admin.reportPreflight(request),
  });
  const testRunner = async () => (await orchestra.admin.queue()).runners.find(({ runner }) => runner === 'test');
  await until('it is told', async () => (await testRunner())?.preflight);
  expect(await testRunner()).toMatchObject({
    permanent_env: true,
    exec_host_side: false,
    preflight: { worker: 'w1', outcome: 'environment', says: expect.stringContaining('no-such-runner') },
  });
  projects['*'].command = ['sh'];
  expect(await preflights.again()).toMatchObject({ ok: true });
  expect(await testRunner()).toMatchObject({ permanent_env: false, preflight: { outcome: 'passed' } });
  preflights.stop();
  expect(told).toEqual([]);
});
