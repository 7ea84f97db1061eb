import { pino } from 'pino';
import type { Database } from '@orchestra/database';
import type { RunningService } from '@orchestra/service-shell';
import { FaultProxy, testDatabase, until } from '@orchestra/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DeskTicker } from '../src/desk-ticker.ts';
import { caller, newToken, startPauseApi } from './started.ts';
import { StreamReader } from './stream-reader.ts';

const db = testDatabase();
let service: RunningService;
let token: string;

beforeAll(async () => {
  service = await startPauseApi(db.url);
  token = await newToken(db.pool, 'viewer');
});
afterAll(() => service.stop());

const follow = (query: string, url = service.url): Promise<StreamReader> =>
  StreamReader.open(url, token, undefined, query);

test('a reader that asks for the desk is told how the queue stands, and nobody else is', async () => {
  await db.pool.query("insert into tasks (agent_id, skill) select 'skeptic', 'debate' from generate_series(1, 3)");
  await db.pool.query(
    `insert into tasks (agent_id, skill, status, run_id, worker_id, started_at, heartbeat_at, attempt)
       values ('skeptic', 'debate', 'running', gen_random_uuid(), 'w1', now(), now(), 1)`,
  );
  await db.pool.query(
    "insert into senate_alerts (kind, ref_id, severity) values ('loop', 'acct-1', 'critical'), ('loop', 'acct-1', 'low')",
  );
  const { id } = await caller(service.url, await newToken(db.pool, 'operator')).pause('agent', 'skeptic');
  const asks = await follow('?desk=true');
  const doesNot = await follow('');
  await until('two ticks', () => asks.ticks.length >= 2);
  expect(asks.ticks[0]?.numbers).toMatchObject({
    queued: 3,
    queued_more: false,
    running: 1,
    held: 0,
    parked: 0,
    asking: 0,
    critical_alerts: 1,
    pauses: [{ id, in_flight_count: 1, claimed_ahead_count: 0, queued: 3, queued_more: false, quiet: false }],
  });
  expect(doesNot.ticks).toEqual([]);
  asks.leave();
  doesNot.leave();
});

test('with the database away the ticks go on and say that nothing is known', async () => {
  const proxy = await FaultProxy.before(db.url);
  const cutOff = await startPauseApi(proxy.url);
  try {
    const reader = await follow('?desk=true', cutOff.url);
    await until('a tick with numbers', () => reader.ticks.some((tick) => tick.numbers !== null));
    proxy.refuse();
    await until('a tick without', () => reader.ticks.at(-1)?.numbers === null);
    expect(reader.received.some(({ event }) => event.type === 'snapshot')).toBe(true); // the line itself is there
    proxy.pass();
    await until('numbers again', () => reader.ticks.at(-1)?.numbers !== null);
    reader.leave();
  } finally {
    await cutOff.stop();
    await proxy.close();
  }
});

test('any number of readers cost one reading, and none while nobody follows', async () => {
  let readings = 0;
  const counting: Database = Object.create(db.pool, {
    query: {
      value: (text: string, values?: unknown[]) => {
        if (text.includes('last_task_event_id')) readings += 1;
        return db.pool.query(text, values);
      },
    },
  });
  const ticker = new DeskTicker(counting, pino({ level: 'silent' }));
  let told = 0;
  const readers = Array.from({ length: 50 }, () =>
    ticker.follow(() => {
      told += 1;
    }),
  );
  await until('all are told', () => told === 50);
  expect(readings).toBe(1);
  expect(new Set(readers.map((reader) => reader.take())).size).toBe(1);
  expect(readers[0]?.take()).toBeUndefined();
  for (const reader of readers) reader.leave();
  await ticker.stop();
  const before = readings;
  const again = ticker.follow(() => {});
  expect(again.take()).toBeUndefined(); // what was read for others is not told as new
  await until('it reads again', () => readings > before);
  again.leave();
  await ticker.stop();
});
