import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { plainEnvironment, serviceProgram, testDatabase, until } from '@orchestra/testkit';
import { claimAnswer, enqueueAnswer } from '@orchestra/task-queue/contract';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { readConfig, SETTINGS } from '../src/config.ts';
import { makeToken } from './serving.ts';

const db = testDatabase();
const children = new Set<ChildProcess>();
let token: string;

beforeAll(async () => {
  token = await makeToken(db.pool, 'worker');
});
afterEach(async () => {
  await Promise.all([...children].map((child) => kill(child, 'SIGKILL')));
});

async function launch(): Promise<{
  child: ChildProcess;
  post: (path: string, body: object) => Promise<unknown>;
  waiters: () => Promise<number>;
}> {
  const child = fork(serviceProgram('worker-claimer'), {
    env: { ...plainEnvironment(), DATABASE_URL: db.url, WORKER_CLAIMER_PORT: '0', LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  const [{ url }] = await once(child, 'message');
  return {
    child,
    post: async (path, body) => {
      const response = await fetch(url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return response.json();
    },
    waiters: async () =>
      Number(/^orchestra_claim_waiters\{.*\} (\d+)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1]),
  };
}

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const exited = once(child, 'exit');
  child.kill(signal);
  const [code] = await exited;
  return typeof code === 'number' ? code : null;
}

test('P5 killed with SIGKILL and started again while a scope is paused: nothing of it is given out', async () => {
  const first = await launch();
  const { ids } = enqueueAnswer.parse(
    await first.post('/api/tasks', { tasks: [{ agent_id: 'skeptic' }, { agent_id: 'scribe' }] }),
  );
  await db.pool.query("insert into senate_pause (scope_kind, scope_value) values ('agent', 'skeptic')");
  await kill(first.child, 'SIGKILL');
  const second = await launch();
  expect(
    claimAnswer.parse(await second.post('/api/tasks/claim', { worker: 'w-1', limit: 10 })).tasks.map((task) => task.id),
  ).toEqual([ids[1]]);
});

test('SIGTERM answers who waits with an empty list, and ends it with exit code 0', async () => {
  const { child, post, waiters } = await launch();
  const claim = post('/api/tasks/claim', { worker: 'w-1', skills: ['none'], wait_seconds: 60 });
  await until('it waits', async () => (await waiters()) === 1);
  const ended = kill(child, 'SIGTERM');
  expect(await claim).toEqual({ tasks: [] });
  expect(await ended).toBe(0);
});

test('every setting has a description; the reaper’s tick follows the lease', () => {
  for (const [name, schema] of Object.entries(SETTINGS)) expect(schema.description, name).toBeTruthy();
  expect(readConfig({ DATABASE_URL: 'postgresql://x/y' })).toMatchObject({
    port: 4_401,
    leaseSeconds: 60,
    reapEveryMs: 15_000,
    waitersMax: 800,
  });
  expect(readConfig({ DATABASE_URL: 'postgresql://x/y', ORCHESTRA_LEASE_SECONDS: '2' })).toMatchObject({
    reapEveryMs: 1_000,
  });
  expect(
    readConfig({ DATABASE_URL: 'postgresql://x/y', ORCHESTRA_LEASE_SECONDS: '2', ORCHESTRA_REAPER_SECONDS: '7' }),
  ).toMatchObject({ reapEveryMs: 7_000 });
});
