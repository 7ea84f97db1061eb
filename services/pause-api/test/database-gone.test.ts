import type { RunningService } from '@orchestra/service-shell';
import type { CheckAnswer } from '@orchestra/pause-core/contract';
import { FaultProxy, testDatabase, until } from '@orchestra/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { caller, newToken, problemOf, startPauseApi, type Caller } from './started.ts';
import { StreamReader } from './stream-reader.ts';

const database = testDatabase();
let proxy: FaultProxy;
let service: RunningService;
let token: string;
let dana: Caller;

beforeEach(async () => {
  proxy = await FaultProxy.before(database.url);
  token = await newToken(database.pool, 'operator');
});
afterEach(async () => {
  await service.stop();
  await proxy.close();
});

async function start(): Promise<void> {
  service = await startPauseApi(proxy.url);
  dana = caller(service.url, token);
}

const PAUSE = { scope_kind: 'agent', scope_value: 'skeptic', reason: 'a test' };

test.each(['refuse', 'blackhole'] as const)(
  'the database gone (%s): 503 with Retry-After, the streams stay, the check says stale, all comes back',
  async (fault) => {
    await start();
    const value = `known-${fault}`;
    await dana.pause('agent', value);
    await until(
      'the replica knows',
      async () => (await dana.get<CheckAnswer>(`/api/senate/pauses/check?agent_id=${value}`)).body.paused,
    );
    const reader = await StreamReader.open(service.url, token);
    await until('the snapshot', () => reader.received.length > 0);

    proxy[fault]();
    const refused = await dana.post('/api/senate/pause', PAUSE);
    expect(problemOf(refused)).toMatchObject({ status: 503, code: 'database_unavailable' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(problemOf(await dana.get('/api/senate/pauses')).code).toBe('database_unavailable');
    const check = await until(
      'the check says that it is stale',
      async () => {
        const { body } = await dana.get<CheckAnswer>(`/api/senate/pauses/check?agent_id=${value}`);
        return body.stale && body;
      },
      30_000,
    );
    expect(check).toMatchObject({ paused: true, pause: { scope_value: value } });
    expect((await fetch(`${service.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${service.url}/livez`)).status).toBe(200);
    await database.pool.query("insert into senate_pause (scope_kind, scope_value) values ('quest', $1)", [
      `missed-${fault}`,
    ]);

    if (fault === 'blackhole') proxy.cut(); // the peer that died comes back as another one
    proxy.pass();
    await until('it is ready again', async () => (await fetch(`${service.url}/readyz`)).status === 200);
    await reader.until(`pause.created missed-${fault}`);
    expect(reader.ended).toBe(false);
    // A connection that ended just as it was taken answers 503 once more, as Retry-After says.
    await until('a pause is taken again', async () => (await dana.post('/api/senate/pause', PAUSE)).status === 200);
    await until(
      'the check is fresh',
      async () => !(await dana.get<CheckAnswer>(`/api/senate/pauses/check?agent_id=${value}`)).body.stale,
    );
    reader.leave();
  },
  120_000,
);

test('P13 a service that never read anything does not say "not paused": it asks, and says 503 while it cannot', async () => {
  proxy.refuse();
  await start();
  expect(problemOf(await dana.get('/api/senate/pauses/check?agent_id=skeptic'))).toMatchObject({
    status: 503,
    code: 'database_unavailable',
  });
  expect(problemOf(await dana.get('/api/senate/events'))).toMatchObject({ status: 503, code: 'database_unavailable' });
  proxy.pass();
  await until('it answers', async () => (await dana.get('/api/senate/pauses/check?agent_id=skeptic')).status === 200);
});

test('every backend ended by an admin: the process goes on and the next calls work', async () => {
  await start();
  for (let round = 0; round < 5; round++) {
    await dana.pause('agent', `round-${round}`);
    await database.pool.query(
      `select pg_terminate_backend(pid)
         from pg_stat_activity
        where datname = current_database()
          and application_name like 'orchestra pause-api%'`,
    );
    await until('a pause works again', async () => (await dana.post('/api/senate/pause', PAUSE)).status === 200);
  }
  expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
});

test('a server on which the tables are not found, whoever moved them: it is not ready, and says so', async () => {
  await start();
  const readiness = async () => (await fetch(`${service.url}/readyz`)).json();
  await database.pool.query('create schema elsewhere; alter table senate_pause set schema elsewhere');
  try {
    expect(await readiness()).toMatchObject({
      ready: false,
      checks: { migrations: expect.stringContaining('ORCHESTRA_SCHEMA') },
    });
  } finally {
    await database.pool.query('alter table elsewhere.senate_pause set schema orchestra; drop schema elsewhere');
  }
  expect(await readiness()).toMatchObject({ ready: true });
});

test('a server that takes no changes: a pause is 503 and not 500, it is not ready, and what only reads still answers', async () => {
  await start();
  await dana.pause('agent', 'before');
  const name = new URL(database.url).pathname.slice(1);
  await database.pool.query(`alter database ${name} set default_transaction_read_only = on`);
  await database.pool.query('update api_tokens set last_used_at = null');
  proxy.cut(); // the address leads to a standby now
  try {
    const pause = () => dana.post('/api/senate/pause', PAUSE);
    let refused = await pause();
    await until('the pause is refused by the server', async () =>
      problemOf((refused = await pause())).detail.includes('takes no changes'),
    );
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const readiness = await fetch(`${service.url}/readyz`);
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toMatchObject({ checks: { database: expect.stringContaining('takes no changes') } });
    expect((await dana.get('/api/senate/pauses')).status).toBe(200);
    expect((await dana.get<CheckAnswer>('/api/senate/pauses/check?agent_id=before')).body.paused).toBe(true);
  } finally {
    await database.pool.query(
      `set default_transaction_read_only = off; alter database ${name} reset default_transaction_read_only`,
    );
  }
  // Nobody cuts the connections: the address simply leads to the primary again.
  await until('a pause works again', async () => (await dana.post('/api/senate/pause', PAUSE)).status === 200);
  await until('it is ready again', async () => (await fetch(`${service.url}/readyz`)).status === 200);
});
