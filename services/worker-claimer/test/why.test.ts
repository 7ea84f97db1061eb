import { testDatabase, until } from '@orchestra/testkit';
import { taskWhy, type TaskWhy } from '@orchestra/task-queue/contract';
import { pauseScope } from '@orchestra/pause-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { makeToken, serve, type Served } from './serving.ts';

const db = testDatabase();
let service: Served;
let viewer: { token: string };

beforeAll(async () => {
  // Workers that are new are written down at once, and those that are known within the minute.
  service = await serve(db, { sightingsGapMs: 0 });
  viewer = { token: await makeToken(db.pool, 'viewer') };
});
afterAll(() => service.stop());
afterEach(() =>
  db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null"),
);

const why = async (id: string): Promise<TaskWhy> =>
  taskWhy.parse((await service.get(`/api/tasks/${id}/why`, viewer)).body);
const sightings = async (): Promise<number> =>
  Number((await db.pool.query<{ n: string }>('select count(*) as n from worker_sightings')).rows[0]?.n);

test('who waits for tasks is known soon: a task for which nobody asks says so, and starts once somebody does', async () => {
  const [id = ''] = await service.add({ skill: 'rare', priority: 9 });
  await service.claim({ worker: 'w-common', skills: ['common'] });
  await until('the worker is written down', async () => (await sightings()) === 1);
  expect(await why(id)).toMatchObject({
    can_start_now: false,
    earliest_start: null,
    holds: [{ kind: 'no_worker', since: null, says: expect.stringContaining('skill rare') }],
  });
  const { pause } = await pauseScope(db.pool, {
    scope: { kind: 'skill', value: 'rare' },
    reason: 'a test',
    ttlSeconds: 600,
    by: 'dana',
    source: 'person',
  });
  const waiting = service.claim({ worker: 'w-rare', skills: ['rare'], wait_seconds: 50 });
  await until('it is known to wait', async () => (await sightings()) === 2);
  expect(await why(id)).toMatchObject({
    holds: [{ kind: 'pause', pause_id: pause.id }],
    if_cleared: [{ pause_id: pause.id, ready_at: expect.any(String) }],
  });
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where id = $1", [pause.id]);
  expect((await waiting).map((run) => run.id)).toEqual([id]);
  expect(await why(id)).toMatchObject({ status: 'running', holds: [{ kind: 'running', worker: 'w-rare' }] });
});

test('what is not there is 404, what is no id 400; and a role that may not read is refused', async () => {
  expect(await service.get('/api/tasks/999999/why', viewer)).toMatchObject({
    status: 404,
    body: { code: 'task_not_found' },
  });
  expect(await service.get('/api/tasks/x/why', viewer)).toMatchObject({
    status: 400,
    body: { code: 'invalid_request', errors: [{ field: 'id' }] },
  });
  expect(await service.get('/api/tasks/1/why', { token: await makeToken(db.pool, 'source') })).toMatchObject({
    status: 403,
    body: { code: 'forbidden' },
  });
});

test('tasks are listed by the pause that holds them and by when they were added', async () => {
  const [held, other] = await service.add({ agent_id: 'listed' }, { agent_id: 'unlisted' });
  const { pause } = await pauseScope(db.pool, {
    scope: { kind: 'agent', value: 'listed' },
    reason: 'a test',
    ttlSeconds: null,
    by: 'dana',
    source: 'person',
  });
  const list = async (query: string): Promise<string[]> =>
    (await service.get<{ tasks: { id: string }[] }>(`/api/tasks?${query}`, viewer)).body.tasks.map((task) => task.id);
  expect(await list(`held_by=${pause.id}`)).toEqual([held]);
  const { created_at: since } = await service.task(other ?? '');
  expect(await list(`created_since=${encodeURIComponent(since)}&status=queued`)).toEqual(
    expect.arrayContaining([other]),
  );
  expect(await list('created_until=2020-01-01T00:00:00Z')).toEqual([]);
  for (const query of ['held_by=x', 'created_since=yesterday', 'created_until=99']) {
    expect(await service.get(`/api/tasks?${query}`, viewer)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ field: query.split('=')[0] }] },
    });
  }
});
