import { makeApp, makeLogger, makeMetrics } from '@orchestra/service-shell';
import { createToken } from '@orchestra/pause-core';
import { askQuestion, claimTasks, enqueueTasks, holdRun } from '@orchestra/task-queue';
import { newTask } from '@orchestra/task-queue/contract';
import { testDatabase } from '@orchestra/testkit';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { operatorRoutes } from '../src/index.ts';

// Claims that wait hear of each change after which a task may start, once it is committed, and of no other change.

const db = testDatabase();
let server: Server;
let url: string;
let token: string;
let opened = 0;

beforeAll(async () => {
  const routes = operatorRoutes({
    db: db.pool,
    onOpened: () => {
      opened += 1;
    },
  });
  const app = makeApp({
    db: db.pool,
    log: makeLogger({ service: 'test', level: 'silent' }),
    metrics: makeMetrics('test'),
    routes,
  });
  server = await new Promise((resolve) => {
    const listening = createServer(app).listen(0, '127.0.0.1', () => resolve(listening));
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('it listens at no port');
  url = `http://127.0.0.1:${address.port}`;
  token = await createToken(db.pool, { name: 'dana', role: 'operator', by: 'test' });
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(async () => {
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
  opened = 0;
});

const post = (path: string, body: object): Promise<number> =>
  fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }).then((answer) => answer.status);
async function startOne(): Promise<{ id: string; run_id: string }> {
  await enqueueTasks(db.pool, [newTask.parse({})], 'test');
  const [run] = await claimTasks(db.pool, { worker: 'w-1', limit: 1 });
  if (run === undefined) throw new Error('there is nothing to claim');
  return run;
}

test.each([
  ['/api/serial-gate/pause', 1],
  ['/api/serial-gate/resume', 1],
  ['/api/serial-gate/freeze', 0],
  ['/api/serial-gate/thaw', 1],
  ['/api/serial-gate/limit', 1],
] as const)('%s tells those who wait %i times', async (path, told) => {
  const [id] = await enqueueTasks(db.pool, [newTask.parse({ repo: 'r' })], 'test');
  const body = {
    pause: { task_id: id, reason: 'x' },
    resume: { task_id: id },
    freeze: { repo: 'r', reason: 'x' },
    thaw: { repo: 'r' },
    limit: { repo: 'r', max_in_progress: 2 },
  };
  expect(await post(path, Object.entries(body).find(([call]) => path.endsWith(call))?.[1] ?? {})).toBe(200);
  expect(opened).toBe(told);
});

test('an answer and a repair tell them too; what is refused tells nobody', async () => {
  const asking = await startOne();
  await askQuestion(db.pool, asking.id, asking.run_id, 'Which branch?');
  expect(await post(`/api/tasks/${asking.id}/answer`, { answer: 'main' })).toBe(200);
  expect(opened).toBe(1);
  await db.pool.query('truncate tasks');
  const stopped = await startOne();
  await holdRun(db.pool, stopped.id, stopped.run_id, { says: 'no space left' });
  expect(await post(`/api/tasks/${stopped.id}/resume-held`, {})).toBe(200);
  expect(opened).toBe(2);
  expect(await post(`/api/tasks/${stopped.id}/resume-held`, {})).toBe(409);
  expect(await post('/api/serial-gate/pause', { task_id: '999999', reason: 'x' })).toBe(404);
  expect(opened).toBe(2);
});
