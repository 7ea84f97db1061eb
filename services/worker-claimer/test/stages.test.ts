import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDatabase, until } from '@orchestra/testkit';
import { makeStageRules } from '@orchestra/task-queue';
import type {
  ClaimAnswer,
  ClaimedTask,
  FinishAnswer,
  PipelinesView,
  TaskOutput,
  TaskView,
} from '@orchestra/task-queue/contract';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { makeToken, serve, type Served } from './serving.ts';

const db = testDatabase();
let service: Served;
let operator: string;

const SAYS = { says: 'docker: command not found', fix: 'install docker' };
const EVIDENCE = {
  row: 'command-not-found',
  says: SAYS.says,
  fix: SAYS.fix,
  command: ['docker', 'ps'],
  exit_code: 127,
  signal: null,
  duration_ms: 12,
  lines: ['sh: docker: not found'],
};

beforeAll(async () => {
  service = await serve(db, {
    lookEveryMs: 600_000,
    stages: makeStageRules({ transientRetries: 1 }),
    runners: { test: null, staging: ['site'] },
  });
  operator = await makeToken(db.pool, 'operator');
});
afterAll(() => service.stop());
afterEach(async () => {
  await until('nobody waits any more', async () => (await service.metric('orchestra_claim_waiters')) === 0);
  await db.pool.query('truncate tasks, task_event_rows, event_batches, task_output, senate_alerts, runner_preflights');
});

const one = async (request: object = {}): Promise<ClaimedTask> => {
  const [task] = await service.claim({ limit: 1, ...request });
  if (task === undefined) throw new Error('nothing was claimed');
  return task;
};

describe('holds', () => {
  test('P11 a run says that its environment stopped it, once or twice, and an operator lets the task go on; a worker may not', async () => {
    const [id = ''] = await service.add({ pipeline: 'default', stage: 'deploy', actor_id: 'acct-1' });
    const run = await one();
    const body = { run_id: run.run_id, ...SAYS, evidence: EVIDENCE };
    const held = await service.post<FinishAnswer>(`/api/tasks/${id}/hold`, body);
    expect(held).toMatchObject({ status: 200, body: { status: 'held', next_eligible_at: null } });
    expect((await service.post<FinishAnswer>(`/api/tasks/${id}/hold`, body)).body).toEqual(held.body);
    expect(await service.task(id)).toMatchObject({
      status: 'held',
      stage: 'deploy',
      attempt: 0,
      held_evidence: { ...SAYS, evidence: EVIDENCE },
    });
    expect(await service.metric('orchestra_runs_ended_total', 'held')).toBe(2);
    expect(await service.post(`/api/tasks/${id}/resume-held`, {})).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    expect(
      await service.post<TaskView>(`/api/tasks/${id}/resume-held`, { reason: 'installed' }, { token: operator }),
    ).toMatchObject({ status: 200, body: { status: 'queued', stage: 'deploy', held_at: null } });
    expect(await service.post(`/api/tasks/${id}/resume-held`, {}, { token: operator })).toMatchObject({
      status: 409,
      body: { code: 'task_not_held' },
    });
    expect(await service.eventKinds(id)).toEqual(['queued', 'claimed', 'held', 'resumed']);
  });

  test('P10 a run that is not the caller’s is refused', async () => {
    const [id = ''] = await service.add({});
    const stranger = { run_id: '00000000-0000-4000-8000-000000000000', ...SAYS };
    for (const call of ['hold', 'retry'])
      expect(await service.post(`/api/tasks/${id}/${call}`, stranger)).toMatchObject({
        status: 409,
        body: { code: 'run_not_owner' },
      });
    expect(await service.post('/api/tasks/999999/hold', stranger)).toMatchObject({
      status: 404,
      body: { code: 'task_not_found' },
    });
    expect(await service.post(`/api/tasks/${id}/hold`, { run_id: stranger.run_id, says: ' ' })).toMatchObject({
      status: 400,
    });
  });

  test('P11 disturbances are tried again as often as the setting says, then hold', async () => {
    const [id = ''] = await service.add({ max_attempts: 1 });
    const first = await one();
    expect(
      await service.post(`/api/tasks/${id}/retry`, { run_id: first.run_id, says: 'connection reset' }),
    ).toMatchObject({ body: { status: 'queued', next_eligible_at: expect.any(String) } });
    await db.pool.query('update tasks set next_eligible_at = now()');
    const second = await one();
    expect(second.attempt).toBe(1);
    // Together with a claim, as a worker brings its endings.
    const { body } = await service.post<ClaimAnswer>('/api/tasks/claim', {
      worker: 'w-1',
      ended: [{ as: 'retried', id, run_id: second.run_id, says: 'connection reset' }],
    });
    expect(body.ended).toMatchObject([{ outcome: 'accepted', status: 'held' }]);
  });

  test('who waits for a task gets the one that was let go on', async () => {
    const [id = ''] = await service.add({});
    const run = await one();
    await service.post(`/api/tasks/${id}/hold`, { run_id: run.run_id, ...SAYS });
    const waiting = service.claim({ limit: 1, wait_seconds: 30 });
    await until('it waits', async () => (await service.metric('orchestra_claim_waiters')) === 1);
    await service.post(`/api/tasks/${id}/resume-held`, {}, { token: operator });
    expect(await waiting).toMatchObject([{ id }]);
  });
});

describe('stages', () => {
  test('a task goes from stage to stage over the API, and who waits for the next stage is called', async () => {
    const [id = ''] = await service.add({ pipeline: 'default', repo: 'site' });
    const analysis = await one();
    const waiting = service.claim({ skills: ['development'], limit: 1, wait_seconds: 30 });
    await until('it waits', async () => (await service.metric('orchestra_claim_waiters')) === 1);
    expect(await service.post(`/api/tasks/${id}/complete`, { run_id: analysis.run_id })).toMatchObject({
      body: { status: 'queued' },
    });
    expect(await waiting).toMatchObject([{ id, stage: 'development', pipeline: 'default', skill: 'development' }]);
  });

  test('what there is no such stage for is refused with the list', async () => {
    expect(await service.post('/api/tasks', { pipeline: 'default', stage: 'lunch' })).toMatchObject({
      status: 422,
      body: { code: 'unknown_stage', detail: expect.stringContaining('analysis, development') },
    });
    expect(await service.post('/api/tasks', { skill: 'runner:testing' })).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    });
  });

  test('the declared tables can be read', async () => {
    const { body } = await service.get<PipelinesView>('/api/pipelines');
    expect(body.pipelines).toMatchObject([
      {
        pipeline: 'default',
        stages: [
          { stage: 'analysis' },
          {},
          {},
          { stage: 'testing', runner: 'test', report: '13-test-report.md', on_fail: 'development' },
          {},
          { on_pass: 'done' },
        ],
      },
    ]);
  });
});

describe('runners', () => {
  test('tasks kept for a runner go to claims that name it and to no other; the rest goes to the skill’s ordinary workers', async () => {
    const [tested, staged, elsewhere] = await service.add(
      { pipeline: 'default', stage: 'testing' },
      { skill: 'staging', repo: 'site' },
      { skill: 'staging', repo: 'other' },
    );
    expect((await service.claim({ skills: ['testing', 'staging'] })).map((task) => task.id)).toEqual([elsewhere]);
    expect(await service.claim(), 'of any skill').toEqual([]);
    expect((await service.claim({ skills: ['runner:testing'] })).map((task) => task.id)).toEqual([tested]);
    expect((await service.claim({ skills: ['runner:testing', 'runner:staging'] })).map((task) => task.id)).toEqual([
      staged,
    ]);
  });

  test('a runner that waits gets its task when it comes, and an ordinary worker beside it does not', async () => {
    const runner = service.claim({ skills: ['runner:testing'], limit: 1, wait_seconds: 30 });
    const anybody = service.claim({ limit: 1, wait_seconds: 1 });
    await until('both wait', async () => (await service.metric('orchestra_claim_waiters')) === 2);
    const [id] = await service.add({ pipeline: 'default', stage: 'testing' });
    expect(await runner).toMatchObject([{ id, skill: 'testing' }]);
    expect(await anybody).toEqual([]);
  });

  test('P1 a pause of the skill holds what its runner would take', async () => {
    await service.add({ pipeline: 'default', stage: 'testing' });
    const {
      rows: [paused],
    } = await db.pool.query<{ id: string }>(
      "insert into senate_pause (scope_kind, scope_value) values ('skill', 'testing') returning id",
    );
    expect(await service.claim({ skills: ['runner:testing'] })).toEqual([]);
    await db.pool.query('update senate_pause set cleared_at = now(), cleared_by = current_user where id = $1', [
      paused?.id,
    ]);
    expect(await service.claim({ skills: ['runner:testing'] })).toHaveLength(1);
  });

  test('with its switch off, a runner gets nothing and the ordinary workers get everything', async () => {
    const off = await serve(db);
    try {
      const [id] = await off.add({ pipeline: 'default', stage: 'testing' });
      expect(await off.claim({ skills: ['runner:testing'] })).toEqual([]);
      expect((await off.queue()).runners).toMatchObject([
        { runner: 'test', switched: 'off', only_repos: null },
        { runner: 'staging', switched: 'off' },
      ]);
      expect(await off.claim({ skills: ['testing'] })).toMatchObject([{ id }]);
    } finally {
      await off.stop();
    }
  });

  test('GET /api/queue tells of each runner its switch, its last preflight and what is held', async () => {
    const report = {
      runner: 'staging',
      worker: 'stager-1',
      host: 'box',
      outcome: 'environment',
      exec_host_side: true,
      says: 'the key was refused',
      fix: 'install the key',
      checks: [{ name: 'channel', ok: false, says: 'Permission denied (publickey)' }],
    };
    expect(await service.post('/api/runners/preflight', { ...report, outcome: 'passed' })).toMatchObject({
      status: 200,
    });
    expect(await service.post('/api/runners/preflight', report)).toMatchObject({
      status: 200,
      body: { at: expect.any(String) },
    });
    const [id = ''] = await service.add({ pipeline: 'default', stage: 'staging', repo: 'site' });
    const run = await one({ skills: ['runner:staging'] });
    await service.post(`/api/tasks/${id}/hold`, { run_id: run.run_id, ...SAYS });
    const { runner: _runner, ...told } = report;
    expect((await service.queue()).runners).toEqual([
      {
        runner: 'test',
        switched: 'on',
        only_repos: null,
        skills: ['testing'],
        permanent_env: false,
        exec_host_side: false,
        preflight: null,
        workers: 0,
        held: 0,
      },
      {
        runner: 'staging',
        switched: 'on',
        only_repos: ['site'],
        skills: ['staging'],
        permanent_env: true,
        exec_host_side: true,
        preflight: { ...told, at: expect.any(String) },
        workers: 1,
        held: 1,
      },
    ]);
    expect(await service.post('/api/runners/preflight', { ...report, runner: 'lunch' })).toMatchObject({ status: 400 });
    expect(
      await service.post('/api/runners/preflight', report, { token: await makeToken(db.pool, 'viewer') }),
    ).toMatchObject({ status: 403 });
  });

  test('preflights are kept for so many workers, however their names change', async () => {
    for (let n = 0; n < 55; n++)
      await service.post('/api/runners/preflight', {
        runner: 'test',
        worker: `w-${n}`,
        outcome: 'passed',
        says: 'all well',
      });
    expect((await service.queue()).runners[0]).toMatchObject({ workers: 50, preflight: { worker: 'w-54' } });
  });
});

describe('output', () => {
  test('a heartbeat brings the end of what a run prints, its owner’s alone, and it is read with the task', async () => {
    const [id = ''] = await service.add({});
    const output = (): Promise<{ body: TaskOutput }> => service.get<TaskOutput>(`/api/tasks/${id}/output`);
    expect((await output()).body).toEqual({ task_id: id, run_id: null, at: null, tail: '', printed: null });
    const run = await one();
    const beat = (tail: string, runId = run.run_id) =>
      service.post(`/api/tasks/${id}/heartbeat`, { run_id: runId, output: tail });
    expect(await beat('not mine', '00000000-0000-4000-8000-000000000000')).toMatchObject({ status: 409 });
    expect((await output()).body.tail).toBe('');
    expect(await beat('1 of 12')).toMatchObject({ status: 200, body: { lease_seconds: 60 } });
    expect((await output()).body).toMatchObject({ run_id: run.run_id, tail: '1 of 12' });
    await beat('at once');
    expect((await output()).body.tail, 'not more often than once a second').toBe('1 of 12');
    await db.pool.query("update task_output set at = at - interval '2 seconds'");
    await beat('2 of 12');
    expect((await output()).body.tail).toBe('2 of 12');
    expect(await beat('x'.repeat(16_001))).toMatchObject({ status: 400 });
    expect(await beat('a\0b')).toMatchObject({ status: 400 });
    expect(await service.get('/api/tasks/999999/output')).toMatchObject({
      status: 404,
      body: { code: 'task_not_found' },
    });
  });
});

describe('settings', () => {
  const BASE = { DATABASE_URL: 'postgresql://u@127.0.0.1/d' };

  test('safe by default: every runner is off, and the default pipeline is there', () => {
    expect(readConfig(BASE)).toMatchObject({
      runners: { test: [], staging: [] },
      stages: { transientRetries: 5, pipelines: [{ name: 'default' }] },
    });
    expect(
      readConfig({
        ...BASE,
        ORCHESTRA_TEST_RUNNER: 'on',
        ORCHESTRA_STAGING_RUNNER: 'on',
        ORCHESTRA_STAGING_RUNNER_REPOS: 'a, b',
      }).runners,
    ).toEqual({ test: null, staging: ['a', 'b'] });
  });

  test('another table of stages comes from a file, and a wrong one names its line', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stages-'));
    try {
      const path = join(folder, 'stages.yaml');
      await writeFile(path, 'pipelines:\n  docs:\n    write: { on_pass: done }\n');
      expect(readConfig({ ...BASE, ORCHESTRA_STAGES: path }).stages?.pipelines).toMatchObject([
        { name: 'docs', stages: [{ name: 'write', onFail: 'write' }] },
      ]);
      await writeFile(path, 'pipelines:\n  docs:\n    write: { on_pass: print }\n');
      expect(() => readConfig({ ...BASE, ORCHESTRA_STAGES: path })).toThrow(
        /stages\.yaml:3: pipeline docs: stage write: on_pass names the stage print/,
      );
      expect(() => readConfig({ ...BASE, ORCHESTRA_STAGES: join(folder, 'none.yaml') })).toThrow(
        /none\.yaml cannot be read/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
