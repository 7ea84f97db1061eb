import { once } from 'node:events';
import { inTransaction, makePool } from '@orchestra/database';
import { FaultProxy, testDatabase, until } from '@orchestra/testkit';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { createDatabaseReplica, type DatabaseReplicaOptions, type PauseReplica } from '../src/replica/index.ts';
import { REREAD_EVERY_MS } from '../src/replica/reread-loop.ts';

const database = testDatabase();

const HOURS_MS = 3_600_000;
const INSERT =
  'insert into senate_pause (scope_kind, scope_value, paused_by, reason, ttl_seconds) values ($1, $2, $3, $4, $5)';
const insertPause = (kind: string, value: string, ttlSeconds: number | null = null): Promise<unknown> =>
  database.pool.query(INSERT, [kind, value, 'dana', `about ${value}`, ttlSeconds]);

afterEach(async () => {
  await database.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
});

/** Unless a test wants readings by the clock, they are a day off: what it sees then came by a bell or a reconnect. */
function replicaOn(options: Partial<DatabaseReplicaOptions> = {}): PauseReplica {
  const replica = createDatabaseReplica({
    pool: database.pool,
    listenConnectionString: database.url,
    rereadEveryMs: 24 * HOURS_MS,
    ...options,
  });
  onTestFinished(() => replica.stop());
  return replica;
}

/** Reads and listens through a proxy, as a process on another machine does. */
async function remoteReplica(
  options: Partial<DatabaseReplicaOptions> = {},
): Promise<{ replica: PauseReplica; proxy: FaultProxy }> {
  const proxy = await FaultProxy.before(database.url);
  const pool = makePool({ connectionString: proxy.url, applicationName: 'remote', max: 2, statementTimeoutMs: 1_000 });
  const replica = createDatabaseReplica({
    pool,
    listenConnectionString: proxy.url,
    rereadEveryMs: 24 * HOURS_MS,
    ...options,
  });
  onTestFinished(async () => {
    await replica.stop();
    await proxy.close();
    await pool.end();
  });
  return { replica, proxy };
}

/** How often the replica has read, from here on. It still reads the real database. */
function countReadings(): () => number {
  const query = vi.spyOn(database.pool, 'query');
  onTestFinished(() => {
    query.mockRestore();
  });
  return () => query.mock.calls.filter(([text]) => String(text).includes('from active_pauses')).length;
}

const changed = (replica: PauseReplica): Promise<unknown> => once(replica, 'changed');

test('P3 a pause inserted by hand in SQL reaches the replica by its bell, and so does its clearing', async () => {
  const replica = replicaOn();
  await replica.start();
  expect(replica.isPaused({ agentId: 'skeptic' })).toEqual({ paused: false, reason: null, pause: null });
  let change = changed(replica);
  await insertPause('agent', 'skeptic', 1_800);
  await change;
  expect(replica.isPaused({ agentId: 'skeptic', skill: 'debate' })).toMatchObject({
    paused: true,
    reason: 'about skeptic',
    pause: { scope: { kind: 'agent', value: 'skeptic' }, pausedBy: 'dana', source: 'sql', ttlSeconds: 1_800 },
  });
  change = changed(replica);
  await database.pool.query(
    "update senate_pause set cleared_at = now(), cleared_by = 'dana' where scope_value = 'skeptic'",
  );
  await change;
  expect(replica.isPaused({ agentId: 'skeptic' }).paused).toBe(false);
});

test('P7 pauses stack in the replica too: clearing one of two on a scope leaves the other', async () => {
  await insertPause('actor', 'acct-7', 60);
  await insertPause('actor', 'acct-7');
  const replica = replicaOn();
  await replica.start();
  expect(replica.isPaused({ actorId: 'acct-7' })).toMatchObject({ paused: true, pause: { ttlSeconds: null } });
  const change = changed(replica);
  await database.pool.query(
    `update senate_pause set cleared_at = now(), cleared_by = 'dana'
       where scope_value = 'acct-7' and ttl_seconds is null`,
  );
  await change;
  expect(replica.isPaused({ actorId: 'acct-7' })).toMatchObject({ paused: true, pause: { ttlSeconds: 60 } });
});

test('P6 with every bell dropped the replica is right by its readings by the clock', async () => {
  expect(REREAD_EVERY_MS).toBeLessThan(5_000);
  const bells: string[] = [];
  const replica = replicaOn({ rereadEveryMs: REREAD_EVERY_MS, onBell: (topic) => bells.push(topic) });
  await replica.start();
  const change = changed(replica);
  await inTransaction(database.pool, async (tx) => {
    await tx.query("set local orchestra.bell = 'off'");
    await tx.query(INSERT, ['quest', 'q-silent', 'dana', 'no bell', null]);
  });
  await change;
  expect(replica.isPaused({ questId: 'q-silent' }).paused).toBe(true);
  expect(bells).toEqual([]);
});

test('P6 a pause made while the listener was cut off is known right after it is back', async () => {
  const proxy = await FaultProxy.before(database.url);
  onTestFinished(() => proxy.close());
  const replica = replicaOn({ listenConnectionString: proxy.url });
  await replica.start();
  const lost = once(replica, 'disconnected');
  proxy.refuse();
  await lost;
  expect(replica.state).toBe('doubtful');
  await insertPause('agent', 'paused-in-the-gap');
  expect(replica.isPaused({ agentId: 'paused-in-the-gap' }).paused).toBe(false);
  const change = changed(replica);
  proxy.pass();
  await change;
  expect(replica.isPaused({ agentId: 'paused-in-the-gap' }).paused).toBe(true);
  expect(replica.state).toBe('fresh');
});

test('P6 F03 a half-open listening connection is noticed by its ping, and the pause behind it becomes known', async () => {
  const proxy = await FaultProxy.before(database.url);
  onTestFinished(() => proxy.close());
  const replica = replicaOn({ listenConnectionString: proxy.url, pingEveryMs: 50, pingTimeoutMs: 200 });
  await replica.start();
  const lost = once(replica, 'disconnected');
  proxy.blackhole();
  await insertPause('skill', 'behind-the-black-hole');
  expect(await lost).toMatchObject([{ code: 'ping_unanswered' }]);
  const change = changed(replica);
  proxy.pass();
  await change;
  expect(replica.isPaused({ skill: 'behind-the-black-hole' }).paused).toBe(true);
});

test('P13 the server gone for ten seconds: the pauses stay, it says that they are stale, and it recovers by itself', async () => {
  await insertPause('agent', 'skeptic');
  await insertPause('agent', 'short-lived', 3);
  // As a process has it, without a setting of this test's own.
  const { replica, proxy } = await remoteReplica({ rereadEveryMs: REREAD_EVERY_MS });
  const failures: Error[] = [];
  replica.on('read-failed', (error) => failures.push(error));
  await replica.start();
  expect(replica).toMatchObject({ stale: false, state: 'fresh' });
  proxy.refuse();
  await until('ten seconds since the last good reading', () => replica.stale);
  expect(replica.state).toBe('doubtful');
  expect(failures.length).toBeGreaterThan(0);
  expect(replica.isPaused({ agentId: 'skeptic' })).toMatchObject({ paused: true, reason: 'about skeptic' });
  expect(replica.checkpoint({ agentId: 'skeptic' }, { onUnknown: 'continue' })).toMatchObject({
    stop: true,
    why: 'paused',
  });
  // Each to its own end, also when nobody can be asked.
  expect(replica.isPaused({ agentId: 'short-lived' }).paused).toBe(false);
  const fresh = once(replica, 'state');
  proxy.pass();
  expect(await fresh).toEqual([{ from: 'doubtful', to: 'fresh' }]);
  expect(replica.stale).toBe(false);
  expect(replica.isPaused({ agentId: 'skeptic' }).paused).toBe(true);
});

test('P13 a black hole instead of a database: readings end by their time limit, and nothing known is forgotten', async () => {
  await insertPause('quest', 'q-7');
  const { replica, proxy } = await remoteReplica({ readTimeoutMs: 100, pingEveryMs: 50, pingTimeoutMs: 200 });
  await replica.start();
  await until('it has read, also on a busy machine', async () => {
    await replica.refresh();
    return replica.known;
  });
  const failed = once(replica, 'read-failed');
  proxy.blackhole();
  await replica.refresh();
  expect(await failed).toMatchObject([{ code: 'read_timed_out' }]);
  expect(replica.isPaused({ questId: 'q-7' }).paused).toBe(true);
  proxy.pass();
  await until('fresh again', () => replica.state === 'fresh');
  expect(replica.isPaused({ questId: 'q-7' }).paused).toBe(true);
});

test('P13 a database that was never there: nothing is known, and it is all there once the database is', async () => {
  await insertPause('actor', 'acct-9');
  const { replica, proxy } = await remoteReplica();
  proxy.refuse();
  await replica.start();
  expect(replica).toMatchObject({ known: false, stale: true, state: 'starting' });
  expect(replica.checkpoint({ actorId: 'acct-9' })).toEqual({ stop: false });
  expect(replica.checkpoint({ actorId: 'acct-9' }, { onUnknown: 'stop' })).toMatchObject({
    stop: true,
    why: 'unknown',
  });
  const change = changed(replica);
  proxy.pass();
  await change;
  expect(replica.checkpoint({ actorId: 'acct-9' })).toMatchObject({ stop: true, why: 'paused' });
});

test('P8 expiry by the database: with this process two hours ahead a pause still holds', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * HOURS_MS });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  await insertPause('agent', 'two-hours-ahead', 600);
  const replica = replicaOn();
  await replica.start();
  const { pause } = replica.isPaused({ agentId: 'two-hours-ahead' });
  expect(pause?.pausedAt.getTime()).toBeLessThan(Date.now() - HOURS_MS); // the clock is really wrong
  expect(pause?.remainingMs).toBeGreaterThan(0);
  expect(pause?.remainingMs).toBeLessThanOrEqual(600_000);
});

test('P8 expiry by the database: with this process two hours behind a pause ends in time, and also unseen by the database', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 2 * HOURS_MS });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const { replica, proxy } = await remoteReplica();
  await insertPause('agent', 'two-hours-behind', 10);
  await replica.start();
  expect(replica.isPaused({ agentId: 'two-hours-behind' }).paused).toBe(true);
  proxy.refuse();
  await until(
    'the end of the pause by the monotonic clock',
    () => !replica.isPaused({ agentId: 'two-hours-behind' }).paused,
  );
  const { rows } = await database.pool.query("select 1 from active_pauses where scope_value = 'two-hours-behind'");
  expect(rows).toEqual([]); // it did not end here before it ended there
});

test('ten thousand bells in one commit lead to a few readings, and the last word counts', async () => {
  let storms = 0;
  const readings = countReadings();
  // What earlier tests did may ring a bell here too.
  const replica = replicaOn({
    onBell: (topic) => {
      if (topic.startsWith('storm ')) storms += 1;
    },
  });
  await replica.start();
  const change = changed(replica);
  await inTransaction(database.pool, async (tx) => {
    await tx.query("select pg_notify('orchestra', 'storm ' || n) from generate_series(1, 10000) n");
    await tx.query(INSERT, ['skill', 'after-the-storm', 'dana', 'the last word', null]);
  });
  await change;
  await until('every bell', () => storms === 10_000);
  await replica.refresh();
  expect(replica.isPaused({ skill: 'after-the-storm' }).paused).toBe(true);
  expect(readings()).toBeLessThan(100);
});

test('a flood of alerts is heard by the process and makes the replica read nothing', async () => {
  const bells: string[] = [];
  const replica = replicaOn({ onBell: (topic) => bells.push(topic), readGapMs: 0 });
  await replica.start();
  const readings = countReadings();
  await database.pool.query(
    "insert into senate_alerts (kind, ref_id) select 'spend', 'acct-' || n from generate_series(1, 100) n",
  );
  await until('the bell', () => bells.includes('alert'));
  expect(readings()).toBe(0); // without a gap to keep, a reading would have begun with the bell
});

test('F11 every backend ended twenty times, idle or in use: the process lives and the replica is right afterwards', async () => {
  const { replica } = await remoteReplica();
  await replica.start();
  for (let time = 1; time <= 20; time++) {
    const reading = replica.refresh();
    await database.pool.query(
      `select pg_terminate_backend(pid)
         from pg_stat_activity
        where datname = current_database()
          and application_name in ('remote', 'orchestra listen')`,
    );
    await reading;
  }
  await insertPause('agent', 'after-twenty-deaths');
  await until('known after all', () => replica.isPaused({ agentId: 'after-twenty-deaths' }).paused);
  await until('fresh', () => replica.state === 'fresh');
  expect(replica.stale).toBe(false);
});

test('P6 the bell of a pause names it: a replica whose readings come to nothing holds it all the same', async () => {
  const local = replicaOn({ pool: { query: () => Promise.reject(new Error('no reading')) } });
  await local.start();
  const named = once(local, 'named');
  await insertPause('agent', 'named "by" its bell ü', 60);
  expect(await named).toMatchObject([
    {
      pause: {
        scope: { kind: 'agent', value: 'named "by" its bell ü' },
        pausedBy: 'dana',
        source: 'sql',
        ttlSeconds: 60,
      },
    },
  ]);
  expect(local.isPaused({ agentId: 'named "by" its bell ü' })).toMatchObject({
    paused: true,
    reason: 'about named "by" its bell ü',
  });
});

test('P13 a bell forged by hand holds work until the reading that it leads to, and no longer', async () => {
  const replica = replicaOn();
  await replica.start();
  const held = once(replica, 'named');
  const forged = {
    schema: 'orchestra',
    id: '999999',
    scope_kind: 'agent',
    scope_value: 'nobody has paused me',
    reason: 'forged',
    source: 'person',
    paused_at: new Date(),
    paused_by: 'mallory',
    ttl_seconds: null,
  };
  await database.pool.query("select pg_notify('orchestra', $1)", [`pause ${JSON.stringify(forged)}`]);
  await held;
  await until('the reading has come', () => !replica.isPaused({ agentId: 'nobody has paused me' }).paused);
  expect(replica.pauses().map(({ id }) => id)).not.toContain('999999');
});

test('many pauses in one statement ring without a name, and one with the longest texts that there are is named', async () => {
  const replica = replicaOn();
  await replica.start();
  const named: string[] = [];
  replica.on('named', ({ pause }) => named.push(pause.scope.value));
  const change = changed(replica);
  await database.pool.query(
    "insert into senate_pause (scope_kind, scope_value) values ('agent', 'one of two'), ('agent', 'two of two')",
  );
  await change;
  expect(replica.pauses()).toHaveLength(2);
  expect(named).toEqual([]);
  const long = '𝄞'.repeat(200);
  const heard = once(replica, 'named');
  await database.pool.query("insert into senate_pause (scope_kind, scope_value, reason) values ('agent', $1, $2)", [
    long,
    '"\u2028𝄞'.repeat(600),
  ]);
  await heard;
  expect(named).toEqual([long]);
});
