// What Orchestra tells of attached queues: counts by name, what is claimed ahead, quiet, why, verify, and old
// snapshots.
import {
  attachedWorkUnder,
  listAttachedQueues,
  olderSnapshots,
  pauseScope,
  quietInAttached,
  settleSnapshots,
  verifyAttached,
} from '@orchestra/pause-core';
import { testDatabase, until } from '@orchestra/testkit';
import { Logger, run } from 'graphile-worker';
import { PgBoss } from 'pg-boss';
import { afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { attach, removeAttachment, whyJob } from '../src/index.ts';
import { boss, graphile, type Job } from './engines.ts';

const db = testDatabase();
const SKEPTIC = { kind: 'agent', value: 'skeptic' } as const;
const pause = () =>
  pauseScope(db.pool, { scope: SKEPTIC, reason: 'stop', ttlSeconds: null, by: 'dana', source: 'person' });
const under = async () => attachedWorkUnder(db.pool, SKEPTIC, await listAttachedQueues(db.pool));
const jobs = (...ns: string[]): Job[] => ns.map((n) => ({ n, agent_id: n.startsWith('A') ? 'skeptic' : 'librarian' }));

beforeAll(async () => {
  for (const [name, engine] of [
    ['graphile-worker', graphile],
    ['pg-boss', boss],
  ] as const) {
    await engine.install(db.url);
    await attach(db.pool, name, engine.queue);
  }
});
afterEach(async () => {
  await db.pool.query(`truncate ${graphile.table}, ${boss.table}`);
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
});

test('each attached queue tells what waits; one that cannot be read in time says so and keeps nobody up', async () => {
  await graphile.add(db.pool, jobs('A1', 'A2', 'B1'));
  await boss.add(db.pool, jobs('A3'));
  const none = { in_flight_count: 0, claimed_ahead_count: 0, queued_more: false, not_read: null };
  expect(await under()).toEqual([
    { name: 'graphile-worker', engine: 'graphile-worker', queued: 2, ...none },
    { name: 'pg-boss', engine: 'pg-boss', queued: 1, ...none },
  ]);
  const client = await db.pool.connect();
  try {
    await client.query(`begin; lock table ${boss.table} in access exclusive mode`);
    expect(await under()).toMatchObject([
      { queued: 2 },
      { queued: null, in_flight_count: null, not_read: expect.stringContaining('did not answer in time') },
    ]);
    // Nothing can be said, so nothing is said to be quiet.
    const { pause: made } = await pause();
    expect(await quietInAttached(db.pool, [made.id])).toEqual([]);
  } finally {
    await client.query('rollback');
    client.release();
  }
});

test('what graphile-worker has fetched into its local queue is claimed ahead, and the pause is quiet when all of it has ended', async () => {
  await graphile.add(db.pool, jobs('A1', 'A2', 'A3', 'A4', 'A5'));
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  const begun: string[] = [];
  const runner = await run({
    connectionString: db.url,
    noHandleSignals: true,
    logger: new Logger(() => () => {}),
    preset: { worker: { concurrentJobs: 1, pollInterval: 100, localQueue: { size: 4 } } },
    taskList: {
      lint: async (payload) => {
        begun.push((payload as Job).n);
        await held;
      },
    },
  });
  onTestFinished(() => runner.stop());
  await until('one has begun', () => begun.length === 1);
  const { pause: made } = await pause();
  const [work] = await under();
  expect([
    work?.in_flight_count,
    work?.claimed_ahead_count,
    (work?.in_flight_count ?? 0) + (work?.claimed_ahead_count ?? 0) + (work?.queued ?? 0),
  ]).toEqual([1, 3, 5]);
  expect(await quietInAttached(db.pool, [made.id])).toEqual([]);
  letGo();
  await until('it is quiet', async () => (await quietInAttached(db.pool, [made.id])).length === 1);
  expect(begun).toEqual(['A1', 'A2', 'A3', 'A4']); // what was fetched starts, and A5 does not
});

test('jobs that pg-boss has fetched in one batch are one in flight and the others claimed ahead', async () => {
  await boss.add(db.pool, jobs('A1', 'A2', 'A3', 'A4'));
  const made = new PgBoss({ connectionString: db.url, migrate: false, supervise: false, schedule: false });
  await made.start();
  onTestFinished(() => made.stop({ graceful: false }));
  await made.fetch('lint', { batchSize: 3 });
  await made.fetch('lint', { batchSize: 1 });
  expect((await under())[1]).toMatchObject({ in_flight_count: 2, claimed_ahead_count: 2, queued: 0 });
});

test('why: the labels of a job and the pauses that cover it', async () => {
  const { pause: made } = await pause();
  await graphile.add(db.pool, jobs('A1', 'B1'));
  const { rows } = await db.pool.query<{ id: string }>(
    'select j.id::text from graphile_worker._private_jobs j order by j.id',
  );
  expect(await whyJob(db.pool, 'graphile-worker', rows[0]?.id ?? '')).toMatchObject({
    state: 'waiting',
    scopes: ['agent skeptic', 'skill lint'],
    pauses: [{ id: made.id, reason: 'stop' }],
  });
  expect(await whyJob(db.pool, 'graphile-worker', rows[1]?.id ?? '')).toMatchObject({ state: 'waiting', pauses: [] });
  await expect(whyJob(db.pool, 'graphile-worker', '999999')).rejects.toMatchObject({ code: 'job_not_found' });
});

test('verify finds a job that was claimed although it was paused, and nothing else', async () => {
  await graphile.add(db.pool, jobs('A1', 'A2', 'B1'));
  await db.pool.query(
    `update graphile_worker._private_jobs set locked_at = now() - interval '1 minute', locked_by = 'before'
       where payload ->> 'n' = 'A1'`,
  );
  const { pause: made } = await pause();
  await db.pool.query("update senate_pause set paused_at = now() - interval '30 seconds' where id = $1", [made.id]);
  expect(await verifyAttached(db.pool)).toMatchObject([
    { name: 'graphile-worker', running_checked: 1, violations: [] },
    { name: 'pg-boss', running_checked: 0, violations: [] },
  ]);
  await db.pool.query('alter table graphile_worker._private_jobs disable trigger orchestra_guard');
  await db.pool.query(
    `update graphile_worker._private_jobs set locked_at = now(), locked_by = 'unbound'
       where payload ->> 'n' in ('A2', 'B1')`,
  );
  await db.pool.query('alter table graphile_worker._private_jobs enable trigger orchestra_guard');
  expect((await verifyAttached(db.pool))[0]).toMatchObject({
    running_checked: 3,
    violations: [{ pause_id: made.id, scope: 'agent skeptic' }],
  });
});

test('P2 a transaction with a snapshot from before the pause is waited for, and one from after it is not', async () => {
  const [before, after] = [await db.pool.connect(), await db.pool.connect()];
  try {
    await before.query('begin isolation level repeatable read; select from senate_pause');
    const { pause: made } = await pause();
    expect(await olderSnapshots(db.pool, made.id)).toBe(1);
    expect(await settleSnapshots(db.pool, made.id, { timeoutMs: 20 })).toBe(false);
    await before.query('commit');
    await after.query('begin isolation level repeatable read; select from senate_pause');
    expect(await settleSnapshots(db.pool, made.id, { timeoutMs: 20 })).toBe(true);
  } finally {
    for (const client of [before, after]) {
      await client.query('rollback');
      client.release();
    }
  }
});

test('a removed attachment is told of no more', async () => {
  await removeAttachment(db.pool, 'pg-boss');
  expect((await listAttachedQueues(db.pool)).map(({ name }) => name)).toEqual(['graphile-worker']);
  await attach(db.pool, 'pg-boss', boss.queue);
});
