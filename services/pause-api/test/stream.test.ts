import type { RunningService } from '@orchestra/service-shell';
import { revokeToken } from '@orchestra/pause-core';
import { testDatabase, until } from '@orchestra/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { neverReads } from './never-reads.ts';
import { caller, newToken, problemOf, startPauseApi, type Caller } from './started.ts';
import { StreamReader } from './stream-reader.ts';

const database = testDatabase();
let service: RunningService;
let token: string;
let dana: Caller;
const readers: StreamReader[] = [];

beforeAll(async () => {
  token = await newToken(database.pool, 'operator', 'dana');
  await restart();
});
afterAll(() => service.stop());
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.leave();
  await database.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
});

async function restart(options: Parameters<typeof startPauseApi>[1] = {}): Promise<void> {
  service = await startPauseApi(database.url, options);
  dana = caller(service.url, token);
}

async function follow(lastEventId?: string, from = service): Promise<StreamReader> {
  const reader = await StreamReader.open(from.url, token, lastEventId);
  readers.push(reader);
  return reader;
}

const unpause = (scopeKind: string, scopeValue: string) =>
  dana.post('/api/senate/unpause', { scope_kind: scopeKind, scope_value: scopeValue });

test('first a snapshot, then every change once and in order', async () => {
  await dana.pause('agent', 'before');
  const reader = await follow();
  expect(Object.fromEntries(reader.response.headers)).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  await reader.until('snapshot of before');
  await dana.pause('skill', 'during');
  await dana.post('/api/senate/alerts', { kind: 'cost', ref_id: 'acct-1', severity: 'low' });
  await unpause('skill', 'during');
  await unpause('agent', 'before');
  await reader.until('pause.cleared before');
  expect(reader.told.filter((told) => !told.startsWith('pause.quiet'))).toEqual([
    'snapshot of before',
    'pause.created during',
    'alert.created acct-1',
    'pause.cleared during',
    'pause.cleared before',
  ]);
  const ids = reader.received.map(({ id }) => Number(id));
  expect(ids).toEqual(ids.toSorted((a, b) => a - b));
  expect(new Set(ids).size).toBe(ids.length);
});

test('P3 a row inserted by hand, and a pause that reaches its end, are told', async () => {
  const reader = await follow();
  await database.pool.query(
    "insert into senate_pause (scope_kind, scope_value, reason, ttl_seconds) values ('agent', 'by-hand', 'from psql', 1)",
  );
  await reader.until('pause.created by-hand');
  await reader.until('pause.expired by-hand');
  const expired = reader.received.find(({ event }) => event.type === 'pause.expired');
  expect(expired?.event.data).toMatchObject({
    source: 'sql',
    cleared_by: 'senate.ttl',
    cleared_at: expect.any(String),
  });
});

test('P12 a pause that becomes quiet is told', async () => {
  const reader = await follow();
  await dana.pause('agent', 'idle');
  await reader.until('pause.quiet idle');
  expect(reader.told).toEqual(['snapshot of nothing', 'pause.created idle', 'pause.quiet idle']);
});

test('an event whose transaction began first and commits last is not lost', async () => {
  const reader = await follow();
  await reader.until('snapshot of nothing');
  const late = await database.pool.connect();
  try {
    await late.query('begin');
    await late.query("insert into senate_pause (scope_kind, scope_value) values ('agent', 'late')");
    await dana.pause('agent', 'early');
    await reader.until('pause.created early');
    const seen = reader.lastId;
    await late.query('commit');
    await reader.until('pause.created late');
    const resumed = await follow(seen);
    await resumed.until('pause.created late');
    expect(resumed.told).not.toContain('pause.created early');
  } finally {
    late.release();
  }
});

test('Last-Event-ID resumes across a restart of the service: nothing lost, nothing twice', async () => {
  const first = await follow();
  await dana.pause('agent', 'one');
  await first.until('pause.created one');
  const { lastId } = first;
  const told = first.told.length;
  await service.stop();
  expect(first.ended).toBe(true);
  expect(first.told).toHaveLength(told);
  await database.pool.query("insert into senate_pause (scope_kind, scope_value) values ('agent', 'while it was down')");
  await restart();
  await dana.pause('agent', 'two');
  const second = await follow(lastId);
  await second.until('pause.created two');
  expect(second.told.filter((line) => line.startsWith('pause.created') || line.startsWith('snapshot'))).toEqual([
    'pause.created while it was down',
    'pause.created two',
  ]);
});

test('two instances tell the same, under the same ids', async () => {
  const other = await startPauseApi(database.url);
  try {
    const [here, there] = [await follow(), await follow(undefined, other)];
    await here.until('snapshot of nothing');
    await there.until('snapshot of nothing');
    for (const value of ['a', 'b', 'c', 'd']) await dana.pause('quest', value);
    for (const reader of [here, there])
      for (const value of ['a', 'b', 'c', 'd']) await reader.until(`pause.quiet ${value}`);
    expect(there.received.slice(1)).toEqual(here.received.slice(1));
  } finally {
    await other.stop();
  }
});

test(
  'a database that was put back to an earlier state: streams begin again instead of waiting for positions to catch up',
  { timeout: 120_000 },
  async () => {
    const reader = await follow();
    for (const value of ['a', 'b', 'c']) await dana.pause('agent', value);
    await reader.until('pause.quiet c');
    await database.pool.query('truncate senate_events');
    await database.pool.query('alter sequence senate_event_position restart');
    // No bell tells that events are gone: the feed looks by itself, every 30 s at the latest.
    await until('the end of the stream', () => reader.ended, 60_000);
    const back = await follow(reader.lastId);
    await back.until('snapshot of a, b, c');
    await unpause('agent', 'b');
    await back.until('pause.cleared b');
    expect(back.told).toEqual(['snapshot of a, b, c', 'pause.cleared b']);
  },
);

test(
  'P6 a database that was put back and has as many events again: streams end, and an id from before begins again',
  { timeout: 120_000 },
  async () => {
    const reader = await follow();
    await dana.pause('agent', 'kept');
    await reader.until('pause.quiet kept');
    const other = await database.pool.connect();
    try {
      await other.query('begin');
      await other.query('truncate senate_events restart identity');
      await other.query('alter sequence senate_event_position restart');
      await other.query(
        "insert into senate_pause (scope_kind, scope_value) select 'quest', 'other ' || n from generate_series(1, 100) n",
      );
      await other.query('commit');
    } finally {
      other.release();
    }
    // No bell tells that events are gone: the feed looks by itself, every 30 s at the latest.
    await until('the end of the stream', () => reader.ended, 60_000);
    const back = await follow(reader.lastId);
    await until('a message', () => back.received.length > 0);
    expect(back.told[0]).toMatch(/^snapshot of kept, other 1,/);
  },
);

test.each(['999999999', '1', '-1', '1.0000000000', '999999999.0000000000', '1e9', '9'.repeat(40), 'x', ''])(
  'a Last-Event-ID that cannot be gone on from (%j) begins anew',
  async (lastEventId) => {
    const reader = await follow(lastEventId);
    await reader.until('snapshot of nothing');
    expect(reader.told).toEqual(['snapshot of nothing']);
  },
);

test('a reader that does not read is cut off, holds nothing up, and catches up', async () => {
  await service.stop();
  // Far below what is usual, and more than this process may need itself on a busy machine: the other reader must not be
  // cut, too.
  await restart({ streams: { drainMs: 3_000 } });
  const reader = await follow();
  await reader.until('snapshot of nothing');
  const { lastId } = reader;
  const stuck = await neverReads(service.url, token);
  const cutMetric = async (): Promise<boolean> =>
    (await (await fetch(`${service.url}/metrics`)).text()).includes(
      'orchestra_event_streams_cut_total{why="slow",service="pause-api"} 1',
    );
  await until('both streams are open', async () =>
    (await (await fetch(`${service.url}/metrics`)).text()).includes('orchestra_event_streams{service="pause-api"} 2'),
  );
  // More than the socket buffers of both ends take.
  const details = JSON.stringify({ note: 'x'.repeat(200_000) });
  await database.pool.query(
    "insert into senate_alerts (kind, ref_id, details) select 'flood', 'flood-' || n, $1 from generate_series(1, 100) n",
    [details],
  );
  await until('the stuck reader is cut', cutMetric);
  await dana.pause('agent', 'after');
  await reader.until('pause.created after');
  stuck.destroy();
  const back = await follow(lastId);
  await back.until('pause.created after');
  expect(back.told.filter((told) => told.startsWith('alert'))).toEqual(
    Array.from({ length: 100 }, (_, index) => `alert.created flood-${index + 1}`),
  );
});

test('an idle stream is kept alive; one whose token was revoked is ended', async () => {
  await service.stop();
  await restart({ streams: { heartbeatMs: 20, recheckMs: 50 } });
  const leaver = await StreamReader.open(service.url, await newToken(database.pool, 'viewer', 'leaver'));
  readers.push(leaver);
  await until('heartbeats', () => leaver.heartbeats > 2);
  await revokeToken(database.pool, { name: 'leaver', by: 'test' });
  await until('the end of the stream', () => leaver.ended);
  expect((await StreamReader.open(service.url, token)).response.status).toBe(200);
});

test('a stream whose token is revoked ends by the bell, long before it would look by itself', async () => {
  await service.stop();
  await restart({ streams: { recheckMs: 600_000 } });
  const leaver = await StreamReader.open(service.url, await newToken(database.pool, 'viewer', 'called-out'));
  readers.push(leaver);
  const stays = await follow();
  await revokeToken(database.pool, { name: 'called-out', by: 'test' });
  await until('the end of the stream', () => leaver.ended);
  expect(stays.ended).toBe(false);
});

test('more streams than the service keeps are refused; a place that becomes free is given', async () => {
  await service.stop();
  await restart({ streams: { max: 2 } });
  const [first] = [await follow(), await follow()];
  const third = await dana.get('/api/senate/events');
  expect(problemOf(third)).toMatchObject({ status: 503, code: 'too_many_streams' });
  expect(third.headers.get('retry-after')).toBe('5');
  first?.leave();
  await until('the place is free', async () => {
    const reader = await follow();
    return reader.response.ok;
  });
});
