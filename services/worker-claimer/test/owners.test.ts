import { createToken } from '@orchestra/pause-core';
import { testDatabase } from '@orchestra/testkit';
import type { TaskView } from '@orchestra/task-queue/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeToken, serve, type Served } from './serving.ts';

const db = testDatabase();
let service: Served;
beforeAll(async () => {
  service = await serve(db);
});
beforeEach(async () => {
  await db.pool.query('truncate tasks, task_event_rows, event_batches, task_output restart identity');
});
afterAll(() => service.stop());

const MADE_UP = '11111111-2222-4333-8444-555555555555';
const CALLS: [string, object][] = [
  ['heartbeat', {}],
  ['heartbeat', { output: 'printed' }],
  ['complete', { result: 1 }],
  ['fail', { error: 'x', retry: false }],
  ['release', {}],
  ['park', { reason: 'x' }],
  ['unpark', {}],
  ['needs-input', { questions: 'x?' }],
  ['hold', { says: 'x' }],
  ['retry', { says: 'x' }],
];

describe('a run belongs to the token that claimed it', () => {
  test.each(CALLS)(
    'P10 %s %j by another token is refused as an unknown run is, also by an admin’s',
    async (call, body) => {
      const [id = ''] = await service.add({});
      const [run] = await service.claim();
      for (const role of ['worker', 'admin'] as const) {
        const token = await makeToken(db.pool, role);
        const foreign = await service.post<{ detail: string; instance: string }>(
          `/api/tasks/${id}/${call}`,
          { run_id: run?.run_id, ...body },
          { token },
        );
        const madeUp = await service.post<{ detail: string; instance: string }>(
          `/api/tasks/${id}/${call}`,
          { run_id: MADE_UP, ...body },
          { token },
        );
        expect(foreign).toMatchObject({ status: 409, body: { code: 'run_not_owner' } });
        expect(foreign.body.detail).toBe(madeUp.body.detail);
        expect(foreign.body.detail).not.toContain(run?.run_id);
      }
      expect(await service.task(id)).toMatchObject({ status: 'running', run_id: run?.run_id, paused_at: null });
      expect((await db.pool.query('select from task_output')).rowCount).toBe(0);
    },
  );

  test('P10 neither can it be ended among others, beside a claim, or once more after its end; nor be said to have begun', async () => {
    const [id = ''] = await service.add({});
    const [run] = await service.claim({ ahead: 10 });
    const token = await makeToken(db.pool, 'worker');
    const ended = [{ as: 'completed', id, run_id: run?.run_id }];
    const refused = {
      ended: [{ id, run_id: run?.run_id, outcome: 'refused', status: null, refused: { code: 'run_not_owner' } }],
    };
    expect((await service.post('/api/tasks/finish', { ended }, { token })).body).toMatchObject(refused);
    expect((await service.post('/api/tasks/claim', { worker: 'w-1', ended }, { token })).body).toMatchObject({
      tasks: [],
      ...refused,
    });
    expect((await service.post('/api/tasks/begun', { begun: [{ id, run_id: run?.run_id }] }, { token })).body).toEqual({
      noted: 0,
    });
    await service.post(`/api/tasks/${id}/complete`, { run_id: run?.run_id });
    expect((await service.post('/api/tasks/finish', { ended }, { token })).body).toMatchObject(refused);
    expect((await service.post('/api/tasks/finish', { ended })).body).toMatchObject({
      ended: [{ outcome: 'repeated', status: 'succeeded' }],
    });
  });

  test('every worker of the token owns it, also after the services have started anew', async () => {
    const token = await makeToken(db.pool, 'worker');
    const [id = ''] = await service.add({});
    const [run] = await service.claim({}, { token });
    const restarted = await serve(db);
    try {
      expect((await restarted.get<TaskView>(`/api/tasks/${id}`, { token })).body.run_id).toBe(run?.run_id);
      expect(await restarted.post(`/api/tasks/${id}/complete`, { run_id: run?.run_id }, { token })).toMatchObject({
        status: 200,
      });
    } finally {
      await restarted.stop();
    }
  });

  test('tasks that are claimed together are runs of their own', async () => {
    await service.add({}, {}, {});
    expect(new Set((await service.claim()).map(({ run_id }) => run_id)).size).toBe(3);
  });

  test('others are shown a digest of it, the same everywhere, with which nothing can be done', async () => {
    const [id = ''] = await service.add({ repo: 'api', skill: 's' }, { repo: 'api', skill: 's' });
    const [run] = await service.claim();
    await service.post(`/api/tasks/${id}/heartbeat`, { run_id: run?.run_id, output: 'printed' });
    const token = await makeToken(db.pool, 'admin');
    const shown = (await service.get<TaskView>(`/api/tasks/${id}`, { token })).body.run_id;
    expect(shown).toMatch(/^[0-9a-f-]{36}$/);
    for (const path of ['', `/${id}/events`, `/${id}/output`, `/${Number(id) + 1}/why`]
      .map((rest) => `/api/tasks${rest}`)
      .concat('/api/queue')) {
      const text = JSON.stringify((await service.get(path, { token })).body);
      expect(text).not.toContain(run?.run_id);
      expect(text).toContain(shown);
    }
    expect(await service.post(`/api/tasks/${id}/complete`, { run_id: shown }, { token })).toMatchObject({
      status: 409,
      body: { code: 'run_not_owner' },
    });
    const payload = { run_id: MADE_UP };
    const [other = ''] = await service.add({ payload });
    expect((await service.get<TaskView>(`/api/tasks/${other}`, { token })).body.payload).toEqual(payload);
  });

  test('P11 it brings back only what it has parked itself', async () => {
    const [id = ''] = await service.add({});
    const [run] = await service.claim({ worker: 'dana' });
    const operator = await makeToken(db.pool, 'operator');
    const parkedBy = async (): Promise<string | null> => (await service.task(id)).paused_by;
    await service.post('/api/serial-gate/pause', { task_id: id, reason: 'stop it' }, { token: operator });
    expect(await service.post(`/api/tasks/${id}/unpark`, { run_id: run?.run_id })).toMatchObject({
      status: 409,
      body: { code: 'parked_by_another' },
    });
    expect(await parkedBy()).not.toBeNull();
    await service.post('/api/serial-gate/resume', { task_id: id }, { token: operator });
    await service.post(`/api/tasks/${id}/park`, { run_id: run?.run_id, reason: 'mine' });
    expect(await service.post(`/api/tasks/${id}/unpark`, { run_id: run?.run_id })).toMatchObject({
      status: 200,
      body: { paused_at: null },
    });
    // By hand, within the same run, under the worker's name.
    await service.post(`/api/tasks/${id}/park`, { run_id: run?.run_id, reason: 'mine' });
    await db.pool.query('update tasks set paused_at = null where id = $1', [id]);
    await db.pool.query("update tasks set paused_at = now(), paused_by = 'dana' where id = $1", [id]);
    expect(await service.post(`/api/tasks/${id}/unpark`, { run_id: run?.run_id })).toMatchObject({
      status: 409,
      body: { code: 'parked_by_another' },
    });
  });
});

describe('a token with labels', () => {
  const tokenFor = (labels: object): Promise<string> =>
    createToken(db.pool, { name: crypto.randomUUID(), role: 'worker', labels, by: 'test' });
  const skills = async (token: string, request: object = {}): Promise<unknown[]> =>
    (await service.claim(request, { token })).map(({ skill, agent_id, quest_id, actor_id }) => [
      agent_id,
      skill,
      quest_id,
      actor_id,
    ]);

  test('adds under these labels alone, and says which they are', async () => {
    const token = await tokenFor({ agents: ['skeptic', 'scribe'] });
    expect(await service.post('/api/tasks', { agent_id: 'scribe' }, { token })).toMatchObject({ status: 200 });
    for (const task of [
      {},
      { agent_id: null },
      { agent_id: 'Skeptic' },
      { agent_id: 'other' },
      { tasks: [{ agent_id: 'skeptic' }, { skill: 'x' }] },
    ]) {
      expect(await service.post('/api/tasks', task, { token })).toMatchObject({
        status: 403,
        body: { code: 'label_not_allowed', detail: expect.stringContaining('"skeptic" or "scribe"') },
      });
    }
    // No label at all may hold a character that nobody sees.
    expect(await service.post('/api/tasks', { agent_id: 'skeptic\u200b' }, { token })).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    });
  });

  test.each([
    [{ agents: ['a'] }, ['a', 's', 'q', 'u']],
    [{ skills: ['s'] }, ['a', 's', 'q', 'u']],
    [{ quests: ['q'] }, ['a', 's', 'q', 'u']],
    [{ actors: ['u'] }, ['a', 's', 'q', 'u']],
    [{ agents: ['a'], skills: ['s'], quests: ['q'], actors: ['u'] }, ['a', 's', 'q', 'u']],
  ])(
    'P1 of %j claims nothing else: neither at gates nor beside them, at once nor after a wait',
    async (labels, mine) => {
      const own = { agent_id: 'a', skill: 's', quest_id: 'q', actor_id: 'u' };
      const other = { agent_id: 'b', skill: 't', quest_id: 'r', actor_id: 'v' };
      await service.add({}, other, { ...other, repo: 'theirs' }, own, { ...own, repo: 'mine' });
      const token = await tokenFor(labels);
      expect(await skills(token)).toEqual([mine, mine]);
      const waiting = skills(token, { wait_seconds: 20, limit: 1 });
      await service.add(other, own);
      expect(await waiting).toEqual([mine]);
      expect((await service.claim()).length).toBe(4);
    },
  );

  test('narrows what a claim asks for, and refuses one that asks for nothing of it', async () => {
    const token = await tokenFor({ agents: ['a', 'b'], skills: ['s'] });
    await service.add({ agent_id: 'a', skill: 's' }, { agent_id: 'b', skill: 's' });
    expect(await skills(token, { agents: ['b', 'c'] })).toEqual([['b', 's', null, null]]);
    expect(await service.post('/api/tasks/claim', { worker: 'w', agents: ['c'] }, { token })).toMatchObject({
      status: 403,
      body: { code: 'label_not_allowed' },
    });
    expect(await service.post('/api/tasks/claim', { worker: 'w', skills: ['runner:t'] }, { token })).toMatchObject({
      status: 403,
      body: { code: 'label_not_allowed' },
    });
  });

  test('cannot be an operator’s', async () => {
    await expect(
      createToken(db.pool, { name: 'odd', role: 'operator', labels: { agents: ['a'] }, by: 'test' }),
    ).rejects.toThrow('api_tokens_labels_of_workers');
  });
});
