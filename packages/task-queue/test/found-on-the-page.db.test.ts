import { randomBytes } from 'node:crypto';
import { isSettled, pauseScope } from '@orchestra/pause-core';
import { testDatabase } from '@orchestra/testkit';
import { beforeEach, expect, test } from 'vitest';
import {
  failRun,
  freezeRepo,
  recordWorkerPolls,
  readLabelPage,
  readPausePage,
  readQueueRates,
  readSerialGate,
  readWorkers,
  search,
  sumUpMinutes,
} from '../src/index.ts';
import { add, claim, pause } from './fixtures.ts';

const db = testDatabase();

beforeEach(async () => {
  await db.pool.query('truncate tasks, task_event_rows, event_batches, worker_sightings, queue_minutes');
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
});

test('a worker tells what it asks for, what it runs and when it last reported; those that are long gone are left out', async () => {
  await add(db.pool, { agent_id: 'skeptic', skill: 'debate' }, { agent_id: 'skeptic', skill: 'debate' });
  const runs = await claim(db.pool, { worker: 'w-1', host: 'node-7', limit: 2 });
  const sighting = { wants: 'x', host: 'node-8', agents: null, skills: null };
  await recordWorkerPolls(db.pool, [
    { ...sighting, worker: 'w-1', agents: ['skeptic'], agoSeconds: 300 },
    { ...sighting, worker: 'w-2', agoSeconds: 30 },
    { ...sighting, worker: 'w-gone', agoSeconds: 90_000 },
  ]);
  const { workers, more } = await readWorkers(db.pool, { limit: 10 });
  expect(more).toBe(false);
  expect(workers).toMatchObject([
    { worker: 'w-1', host: 'node-7', running: 2, asks: [{ agents: ['skeptic'], skills: null }] },
    { worker: 'w-2', host: 'node-8', running: 0, asks: [{ agents: null, skills: null }], runs: [] },
  ]);
  expect(workers[0]?.runs.map((run) => run.task_id).toSorted()).toEqual(runs.map((run) => run.id).toSorted());
  expect(Date.parse(workers[0]?.last_reported_at ?? '')).toBeGreaterThan(
    Date.parse(workers[1]?.last_reported_at ?? ''),
  );
  expect(await readWorkers(db.pool, { contains: 'W-2', limit: 10 })).toMatchObject({ workers: [{ worker: 'w-2' }] });
  expect(await readWorkers(db.pool, { limit: 1 })).toMatchObject({ workers: [{ worker: 'w-1' }], more: true });
});

test('what is first in line at a gate names the pause that blocks it, and a repo is found by a part of its name', async () => {
  await add(db.pool, { repo: 'acme/shop', agent_id: 'skeptic' }, { repo: 'acme/shop' }, { repo: 'acme/books' });
  const {
    pause: { id },
  } = await pause(db.pool, { kind: 'agent', value: 'skeptic' });
  await freezeRepo(db.pool, 'acme/books', 'dana', 'main is broken');
  const { repos } = await readSerialGate(db.pool);
  expect(repos).toMatchObject([
    { repo: 'acme/books', head: { waiting_for: 'gate', pause_id: null } },
    { repo: 'acme/shop', head: { waiting_for: 'pause', pause_id: id } },
  ]);
  expect((await readSerialGate(db.pool, null, { contains: 'SHOP' })).repos.map(({ repo }) => repo)).toEqual([
    'acme/shop',
  ]);
  expect((await readSerialGate(db.pool, null, { repo: 'acme/books' })).repos.map(({ repo }) => repo)).toEqual([
    'acme/books',
  ]);
});

test('a label has its own numbers and alerts; one that nothing ever carried says so, with those that come near it', async () => {
  const [task = ''] = await add(
    db.pool,
    { agent_id: 'skeptic', skill: 'debate' },
    { agent_id: 'skeptical', skill: 'debate' },
  );
  await db.pool.query(
    `insert into senate_alerts (kind, severity, details)
       values ('loop', 'high', jsonb_build_object('task_id', $1::text))`,
    [task],
  );
  const {
    pause: { id },
  } = await pause(db.pool, { kind: 'agent', value: 'skeptic' });
  expect(await readLabelPage(db.pool, { kind: 'agent', value: 'skeptic' })).toMatchObject({
    label_known: true,
    numbers: { value: 'skeptic', queued: 1, deferred: 1, paused: id, alerts_last_hour: 1 },
    alerts: [{ kind: 'loop', severity: 'high' }],
  });
  expect(await readLabelPage(db.pool, { kind: 'skill', value: 'debate' })).toMatchObject({
    numbers: { queued: 2 },
    alerts: [{ kind: 'loop' }],
  });
  expect(await readLabelPage(db.pool, { kind: 'agent', value: 'sceptic' })).toMatchObject({
    label_known: false,
    near_labels: [{ scope_value: 'skeptic' }],
    numbers: { value: 'sceptic', queued: 0 },
    alerts: [],
  });
});

test('the search finds tasks and pauses by id, and labels, repos, reasons and payloads by a text', async () => {
  const [first = ''] = await add(
    db.pool,
    { agent_id: 'Cartographer', payload: { brief: 'Mend the checkout' } },
    { repo: 'acme/checkout', payload: { brief: `zebra ${randomBytes(20_000).toString('hex')}` } },
  );
  const {
    pause: { id },
  } = await pauseScope(db.pool, {
    scope: { kind: 'quest', value: 'q-7' },
    reason: 'the CHECKOUT loops',
    ttlSeconds: null,
    by: 'dana',
    source: 'person',
  });
  expect(await search(db.pool, first)).toMatchObject({ task: { id: first, agent_id: 'Cartographer' } });
  expect(await search(db.pool, id)).toMatchObject({ pause: { id, scope_value: 'q-7' } });
  expect(await search(db.pool, 'checkout')).toMatchObject({
    task: null,
    pause: null,
    labels: [],
    repos: ['acme/checkout'],
    pauses: [{ id }],
    tasks: [{ id: first }],
    more: false,
  });
  expect((await search(db.pool, 'cartogr')).labels).toEqual([{ kind: 'agent', value: 'Cartographer' }]);
  expect(await search(db.pool, 'q-7')).toMatchObject({ labels: [{ kind: 'quest', value: 'q-7' }], pauses: [{ id }] });
  // A text is a text, and no pattern.
  expect(await search(db.pool, '%')).toMatchObject({ labels: [], repos: [], pauses: [], tasks: [] });
  // The other payload is too long to be looked at
  expect(await search(db.pool, 'zebra')).toMatchObject({ tasks: [], tasks_looked_at: 1 });
});

test('minutes are counted once they are over, once, and a longer range is made of them with its gaps told', async () => {
  await add(db.pool, {}, {}, {});
  const [run] = await claim(db.pool, { limit: 2 });
  await failRun(db.pool, run?.id ?? '', run?.run_id ?? '', { error: 'no', retry: false });
  await db.pool.query("update event_batches set at = at - interval '30 minutes' where kind = 'claimed'");
  await db.pool.query("update task_event_rows set at = at - interval '29 minutes' where kind = 'failed'");
  await db.pool.query("update event_batches set at = at - interval '29 minutes' where kind = 'failed'");
  let rounds = 1;
  while (await sumUpMinutes(db.pool)) rounds += 1;
  expect(rounds).toBeLessThan(10);
  expect(await sumUpMinutes(db.pool)).toBe(false);
  const { spans } = await readQueueRates(db.pool, '6h');
  const of = (kind: 'claimed' | 'failed' | 'minutes_known'): number =>
    (spans?.list ?? []).reduce((all, span) => all + span[kind], 0);
  expect(spans).toMatchObject({ seconds: 300 });
  expect(spans?.list).toHaveLength(72);
  expect([of('claimed'), of('failed')]).toEqual([2, 1]);
  // What was before the first minute counted is not known, and neither is the minute that is not over.
  expect(of('minutes_known')).toBeGreaterThanOrEqual(58);
  expect(of('minutes_known')).toBeLessThanOrEqual(60);
  await db.pool.query("insert into queue_minutes values (now() - interval '9 days', 1, 1, 1, 1)");
  await sumUpMinutes(db.pool);
  expect((await db.pool.query("select from queue_minutes where at < now() - interval '8 days'")).rowCount).toBe(0);
  expect((await readQueueRates(db.pool, '7d')).spans?.list).toHaveLength(84);
  expect((await readQueueRates(db.pool)).spans).toBeNull();
});

test('a pause is settled once the claims that began before it have ended, whoever asks and whenever', async () => {
  const claiming = await db.pool.connect();
  try {
    await claiming.query('begin isolation level repeatable read; select from claim_marker'); // as a claim that hangs
    const {
      pause: { id },
    } = await pauseScope(
      db.pool,
      { scope: { kind: 'agent', value: 'skeptic' }, reason: 'test', ttlSeconds: null, by: 'dana', source: 'person' },
      { settleTimeoutMs: 0 },
    );
    expect(await isSettled(db.pool, id)).toBe(false);
    expect(await readPausePage(db.pool, id)).toMatchObject({ settled: false });
    await claiming.query('commit');
    expect(await readPausePage(db.pool, id)).toMatchObject({ settled: true });
  } finally {
    await claiming.query('rollback');
    claiming.release();
  }
});
