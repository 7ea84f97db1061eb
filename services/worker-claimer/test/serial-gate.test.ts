import { pauseScope } from '@orchestra/pause-core';
import { testDatabase, until } from '@orchestra/testkit';
import {
  finishAnswer,
  queueView,
  repoGateView,
  taskView,
  tasks as tasksAnswer,
  type ClaimAnswer,
  type RepoGateView,
  type TaskView,
} from '@orchestra/task-queue/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { makeToken, serve, type Answer, type Served } from './serving.ts';

const db = testDatabase();
let service: Served;
let operator: { token: string };

beforeAll(async () => {
  // Waiting claims that look by the clock alone would hide a call that was forgotten.
  service = await serve(db, { lookEveryMs: 600_000 });
  operator = { token: await makeToken(db.pool, 'operator') };
});
afterAll(() => service.stop());
beforeEach(async () => {
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  await db.pool.query('truncate tasks, task_event_rows, event_batches, idempotency_keys');
  await db.pool.query('update repo_gates set frozen_at = null, max_in_progress = 1');
});

type Run = ClaimAnswer['tasks'][number];
const operate = <T>(path: string, body: object, key?: string): Promise<Answer<T>> =>
  service.post<T>(path, body, key === undefined ? operator : { ...operator, key });
const end = (run: Run | undefined, call: string, body: object = {}) =>
  service.post<{ code: string }>(`/api/tasks/${run?.id}/${call}`, { run_id: run?.run_id, ...body });
const claimOne = async (): Promise<Run> => {
  const [run] = await service.claim({ limit: 1 });
  if (run === undefined) throw new Error('there is nothing to claim');
  return run;
};
/** A claim that found nothing, waits, and for which one look has been made. */
async function startWaiting(): Promise<{ answer: Promise<Run[]> }> {
  const looks = await service.metric('orchestra_claim_looks_total');
  const answer = service.claim({ worker: 'w-waiting', limit: 1, wait_seconds: 50 });
  await until(
    'a claim waits',
    async () =>
      (await service.metric('orchestra_claim_waiters')) === 1 &&
      (await service.metric('orchestra_claim_looks_total')) > looks,
  );
  return { answer };
}

describe('the operator’s calls', () => {
  test('pause and resume park a task and bring it back; both may be repeated', async () => {
    const [first = '', second] = await service.add({ repo: 'r' }, { repo: 'r' });
    const parked = await operate<TaskView>(
      '/api/serial-gate/pause',
      { task_id: first, reason: 'waits for the vendor' },
      'k-1',
    );
    expect(taskView.parse(parked.body)).toMatchObject({
      id: first,
      status: 'queued',
      pause_reason: 'waits for the vendor',
      paused_by: expect.stringMatching(/^operator-/),
    });
    expect((await operate('/api/serial-gate/pause', { task_id: first, reason: 'other' })).body).toEqual(parked.body);
    expect((await claimOne()).id).toBe(second);
    const { body: queue } = await service.get('/api/queue');
    expect(queueView.parse(queue).serial_gate).toMatchObject({
      enabled: true,
      only_repos: null,
      more: false,
      repos: [
        {
          repo: 'r',
          in_progress: 1,
          waiting: 0,
          head: null,
          frozen: null,
          holders: [{ task_id: second, worker: 'w-1' }],
          parked: [{ task_id: first, reason: 'waits for the vendor', has_question: false }],
          parked_count: 1,
        },
      ],
    });
    expect(
      tasksAnswer.parse((await service.get('/api/tasks?parked=true&repo=r')).body).tasks.map((task) => task.id),
    ).toEqual([first]);
    expect(
      tasksAnswer.parse((await service.get('/api/tasks?parked=false&repo=r')).body).tasks.map((task) => task.id),
    ).toEqual([second]);
    expect((await operate<TaskView>('/api/serial-gate/resume', { task_id: first })).body).toMatchObject({
      paused_at: null,
    });
    expect((await operate<TaskView>('/api/serial-gate/resume', { task_id: first })).status).toBe(200);
  });

  test('freeze, thaw and limit answer the gate as it is then', async () => {
    await service.add({ repo: 'r' }, { repo: 'r' });
    const frozen = await operate<RepoGateView>('/api/serial-gate/freeze', { repo: 'r', reason: 'main is broken' });
    expect(repoGateView.parse(frozen.body)).toMatchObject({
      frozen: { reason: 'main is broken' },
      head: { waiting_for: 'gate' },
    });
    expect(await service.claim()).toEqual([]);
    expect(repoGateView.parse((await operate('/api/serial-gate/thaw', { repo: 'r' })).body)).toMatchObject({
      frozen: null,
    });
    expect(
      repoGateView.parse((await operate('/api/serial-gate/limit', { repo: 'r', max_in_progress: 2 })).body),
    ).toMatchObject({ max_in_progress: 2 });
    expect([...(await service.claim()), ...(await service.claim()), ...(await service.claim())]).toHaveLength(2);
    expect(await operate('/api/serial-gate/thaw', { repo: 'nowhere' })).toMatchObject({
      status: 404,
      body: { code: 'repo_not_found' },
    });
  });

  test('a worker may neither park by id nor freeze nor answer, and bad requests are told what is wrong', async () => {
    const [id = ''] = await service.add({ repo: 'r' });
    for (const [path, body] of [
      ['/api/serial-gate/pause', { task_id: id, reason: 'x' }],
      ['/api/serial-gate/resume', { task_id: id }],
      ['/api/serial-gate/freeze', { repo: 'r', reason: 'x' }],
      ['/api/serial-gate/thaw', { repo: 'r' }],
      ['/api/serial-gate/limit', { repo: 'r', max_in_progress: 2 }],
      [`/api/tasks/${id}/answer`, { answer: 'x' }],
    ] as const)
      expect(await service.post(path, body), path).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    for (const [path, body, field] of [
      ['/api/serial-gate/pause', { task_id: id }, 'reason'],
      ['/api/serial-gate/pause', { task_id: 'x', reason: 'y' }, 'task_id'],
      ['/api/serial-gate/limit', { repo: 'r', max_in_progress: 0 }, 'max_in_progress'],
      ['/api/serial-gate/freeze', { repo: '', reason: 'x' }, 'repo'],
      [`/api/tasks/${id}/answer`, { answer: ' ' }, 'answer'],
      [`/api/tasks/${id}/answer`, { answer: 'x'.repeat(100_001) }, 'answer'],
    ] as const)
      expect(await operate(path, body), field).toMatchObject({
        status: 400,
        body: { code: 'invalid_request', errors: [{ field }] },
      });
    expect(await operate('/api/serial-gate/pause', { task_id: '999999', reason: 'x' })).toMatchObject({
      status: 404,
      body: { code: 'task_not_found' },
    });
  });
});

describe('a run’s calls', () => {
  test('the owner parks and unparks; another run is refused, and so is what has ended', async () => {
    await service.add({ repo: 'r' });
    const run = await claimOne();
    expect(taskView.parse((await end(run, 'park', { reason: 'waits for CI' })).body)).toMatchObject({
      status: 'running',
      paused_by: 'w-1',
    });
    expect(taskView.parse((await end(run, 'unpark')).body)).toMatchObject({ paused_at: null });
    const stranger = { ...run, run_id: '00000000-0000-4000-8000-000000000000' };
    for (const [call, body] of [
      ['park', { reason: 'x' }],
      ['unpark', {}],
      ['needs-input', { questions: 'x' }],
    ] as const) {
      expect(await end(stranger, call, body)).toMatchObject({ status: 409, body: { code: 'run_not_owner' } });
    }
    await end(run, 'complete');
    expect(await operate('/api/serial-gate/pause', { task_id: run.id, reason: 'x' })).toMatchObject({
      status: 409,
      body: { code: 'task_has_ended' },
    });
  });

  test('P11 a question parks, the answer brings it back, and the next run is given both', async () => {
    const [id = ''] = await service.add({ repo: 'r' });
    const run = await claimOne();
    expect(await operate(`/api/tasks/${id}/answer`, { answer: 'main' })).toMatchObject({
      status: 409,
      body: { code: 'no_open_question' },
    });
    const asked = await end(run, 'needs-input', { questions: 'Which branch?' });
    expect(finishAnswer.parse(asked.body)).toEqual({ status: 'queued', next_eligible_at: null });
    expect((await end(run, 'needs-input', { questions: 'Which branch?' })).body).toEqual(asked.body);
    expect(await service.claim()).toEqual([]);
    const answered = await operate<TaskView>(`/api/tasks/${id}/answer`, { answer: 'main' }, 'k-2');
    expect(taskView.parse(answered.body)).toMatchObject({
      questions: 'Which branch?',
      answer: 'main',
      paused_at: null,
    });
    expect((await operate(`/api/tasks/${id}/answer`, { answer: 'main' }, 'k-2')).body).toEqual(answered.body);
    expect(await claimOne()).toMatchObject({ id, attempt: 1, questions: 'Which branch?', answer: 'main' });
  });

  test('an answer to a task whose scope is paused leaves it paused', async () => {
    const [id = ''] = await service.add({ agent_id: 'skeptic' });
    await end(await claimOne(), 'needs-input', { questions: 'Which branch?' });
    await pauseScope(db.pool, {
      scope: { kind: 'agent', value: 'skeptic' },
      reason: 'test',
      ttlSeconds: null,
      by: 'dana',
      source: 'person',
    });
    expect((await operate(`/api/tasks/${id}/answer`, { answer: 'main' })).status).toBe(200);
    expect(await service.claim()).toEqual([]);
  });
});

describe('those who wait', () => {
  const second = async (): Promise<{ run: Run; next: string }> => {
    const [, next = ''] = await service.add({ repo: 'r' }, { repo: 'r' });
    return { run: await claimOne(), next };
  };

  test.each([
    ['completes', (run: Run) => end(run, 'complete')],
    ['fails for good', (run: Run) => end(run, 'fail', { error: 'boom', retry: false })],
    ['asks a question', (run: Run) => end(run, 'needs-input', { questions: 'Which branch?' })],
    ['is parked by an operator', (run: Run) => operate('/api/serial-gate/pause', { task_id: run.id, reason: 'slow' })],
    ['parks itself', (run: Run) => end(run, 'park', { reason: 'slow' })],
    ['is let be by a larger limit', () => operate('/api/serial-gate/limit', { repo: 'r', max_in_progress: 2 })],
  ] as const)('the next of a repo starts at once when the run before it %s', async (_what, act) => {
    const { run, next } = await second();
    const { answer } = await startWaiting();
    await act(run);
    expect((await answer).map((task) => task.id)).toEqual([next]);
  });

  test.each([
    [
      'a thaw',
      (id: string) => operate('/api/serial-gate/freeze', { repo: 'r', reason: 'x' }).then(() => id),
      () => operate('/api/serial-gate/thaw', { repo: 'r' }),
    ],
    [
      'an unpark',
      (id: string) => operate('/api/serial-gate/pause', { task_id: id, reason: 'x' }).then(() => id),
      (id: string) => operate('/api/serial-gate/resume', { task_id: id }),
    ],
    [
      'an answer',
      async (id: string) => {
        await end(await claimOne(), 'needs-input', { questions: 'x' });
        return id;
      },
      (id: string) => operate(`/api/tasks/${id}/answer`, { answer: 'x' }),
    ],
  ] as const)('%s lets a task start at once', async (_what, stop, go) => {
    const [id = ''] = await service.add({ repo: 'r' });
    await stop(id);
    const { answer } = await startWaiting();
    await go(id);
    expect((await answer).map((task) => task.id)).toEqual([id]);
  });

  test('a task that was added for later starts when its time has come', async () => {
    const [id] = await service.add({ repo: 'r', not_before: new Date(Date.now() + 300).toISOString() });
    expect((await service.claim({ limit: 1, wait_seconds: 50 })).map((task) => task.id)).toEqual([id]);
  });
});

describe('the switches', () => {
  test('off, tasks of a repo start side by side; for some repos only, where named', async () => {
    const off = await serve(db, { gatedRepos: [] });
    const some = await serve(db, { gatedRepos: ['r'] });
    try {
      await off.add({ repo: 'r' }, { repo: 'r' }, { repo: 's' }, { repo: 's' });
      expect((await some.claim()).map((task) => task.repo)).toEqual(['r', 's', 's']);
      expect((await some.queue()).serial_gate).toMatchObject({ enabled: true, only_repos: ['r'] });
      expect((await off.claim()).map((task) => task.repo)).toEqual(['r']);
      expect((await off.queue()).serial_gate).toMatchObject({ enabled: false, only_repos: null });
    } finally {
      await Promise.all([off.stop(), some.stop()]);
    }
  });

  test('where questions do not park, the task is held and holds its repo', async () => {
    const holding = await serve(db, { autoParkRepos: [] });
    try {
      const [first, second] = await holding.add({ repo: 'r' }, { repo: 'r' });
      const [run] = await holding.claim();
      expect(
        (await holding.post(`/api/tasks/${first}/needs-input`, { run_id: run?.run_id, questions: 'Which branch?' }))
          .body,
      ).toEqual({ status: 'held', next_eligible_at: null });
      expect(await holding.claim()).toEqual([]);
      expect((await holding.queue()).counts).toMatchObject({ held: 1, queued: 1 });
      await operate(`/api/tasks/${first}/answer`, { answer: 'main' });
      expect((await holding.claim()).map((task) => task.id)).toEqual([first]);
      expect(second).toBeDefined();
    } finally {
      await holding.stop();
    }
  });

  test('where nobody is asked, questions are refused, and the pipelines say so; for some repos only, where named', async () => {
    const none = await serve(db, { questionRepos: [] });
    const some = await serve(db, { questionRepos: ['r'] });
    const ask = (at: typeof none, run: Run | undefined) =>
      at.post(`/api/tasks/${run?.id}/needs-input`, { run_id: run?.run_id, questions: 'Which branch?' });
    try {
      await none.add({ repo: 's' }, {});
      for (const run of await none.claim()) {
        expect(await ask(none, run)).toMatchObject({
          status: 409,
          body: { code: 'questions_off', detail: expect.stringContaining('ORCHESTRA_QUESTIONS is off') },
        });
        expect(await ask(some, run)).toMatchObject({
          status: 409,
          body: { code: 'questions_off', detail: expect.stringContaining('ORCHESTRA_QUESTIONS_REPOS') },
        });
      }
      await some.add({ repo: 'r' });
      const [run] = await some.claim();
      expect((await ask(some, run)).body).toMatchObject({ status: 'queued' });
    } finally {
      await Promise.all([none.stop(), some.stop()]);
    }
  });

  test.each([
    [{}, null],
    [{ ORCHESTRA_QUESTIONS: 'off' }, []],
    [{ ORCHESTRA_QUESTIONS: 'off', ORCHESTRA_QUESTIONS_REPOS: 'a' }, []],
    [{ ORCHESTRA_QUESTIONS_REPOS: 'a, b,' }, ['a', 'b']],
    // A list that names nobody is none.
    [{ ORCHESTRA_QUESTIONS_REPOS: '' }, null],
    [{ ORCHESTRA_QUESTIONS_REPOS: ' , ' }, null],
  ])('settings %j let the runs of %j ask', (env, questionRepos) => {
    expect(readConfig({ DATABASE_URL: 'postgresql://x', ...env })).toMatchObject({ questionRepos });
  });

  test.each([
    [{}, null],
    [{ ORCHESTRA_SERIAL_GATE: 'off' }, []],
    [{ ORCHESTRA_SERIAL_GATE_REPOS: 'a, b,' }, ['a', 'b']],
    [{ ORCHESTRA_SERIAL_GATE: 'off', ORCHESTRA_SERIAL_GATE_REPOS: 'a' }, []],
    [{ ORCHESTRA_SERIAL_GATE_REPOS: 'cafe\u0301' }, ['caf\u00e9']],
  ])('settings %j gate the repos %j', (env, gatedRepos) => {
    expect(readConfig({ DATABASE_URL: 'postgresql://x', ...env })).toMatchObject({ gatedRepos, autoParkRepos: null });
  });

  test.each(['ORCHESTRA_SERIAL_GATE', 'ORCHESTRA_AUTO_PARK', 'ORCHESTRA_QUESTIONS'])('%s is on or off', (name) => {
    expect(() => readConfig({ DATABASE_URL: 'postgresql://x', [name]: 'yes' })).toThrow(`${name} must be on or off`);
  });
});
