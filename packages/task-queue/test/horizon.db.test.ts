import type { Transaction } from '@orchestra/database';
import { testDatabase } from '@orchestra/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LANES_FEWEST } from '../src/turn/claim-strategy.ts';
import {
  advanceHorizon,
  claimTasks,
  ClaimStrategyCache,
  dropEmptyLanes,
  advanceLaneHeads,
  type HorizonLook,
} from '../src/index.ts';
import { add, ids } from './fixtures.ts';

const db = testDatabase();
let look: HorizonLook | null;
let sequence: string;
let other: Transaction;

beforeEach(async () => {
  await db.pool.query('truncate tasks, task_event_rows, event_batches restart identity');
  sequence = (await db.pool.query("select pg_get_serial_sequence('tasks', 'id') as name")).rows[0].name;
  await db.pool.query(`alter sequence ${sequence} cache 1`);
  look = null;
  other = await db.pool.connect();
  await other.query('set idle_in_transaction_session_timeout = 0');
});
afterEach(async () => {
  await other.query('rollback');
  other.release(true);
});

/** What worker-claimer does in its rounds, more often than is needed. */
async function keepLanes(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    look = await advanceHorizon(db.pool, look);
    await advanceLaneHeads(db.pool, 1_000);
    await dropEmptyLanes(db.pool);
  }
}

const horizon = async (): Promise<number> => Number((await db.pool.query('select id from task_horizon')).rows[0].id);

/** Claims and ends whatever there is. */
async function drain(): Promise<void> {
  const ways = new ClaimStrategyCache();
  ways.needed(JSON.stringify([null, null]), LANES_FEWEST);
  for (const { id } of await claimTasks(db.pool, { worker: 'w-1', limit: 100 }, ways)) {
    await db.pool.query("update tasks set status = 'succeeded', run_id = null where id = $1", [id]);
  }
}

describe('P9 a task whose transaction commits late is not left behind its lane’s head', () => {
  const INSERT = "insert into tasks (skill) values ('s') returning id";
  const WAYS: { what: string; before: () => Promise<unknown>; late?: string }[] = [
    { what: 'ids grow', before: async () => {} },
    {
      what: 'the tasks were truncated and ids began anew',
      before: () => db.pool.query('truncate tasks restart identity'),
    },
    {
      what: 'the sequence was set back',
      before: async () => {
        await db.pool.query('delete from tasks');
        await db.pool.query(`alter sequence ${sequence} restart with 1`);
        look = await advanceHorizon(db.pool, look);
      },
    },
    {
      what: 'its session had the id in its cache',
      before: async () => {
        await db.pool.query(`alter sequence ${sequence} cache 20`);
        await other.query("insert into tasks (skill) values ('s')");
        await add(db.pool, { skill: 's' });
      },
    },
    {
      what: 'its id was chosen by hand',
      before: () => db.pool.query('delete from tasks where id = 3'),
      late: "insert into tasks (id, skill) overriding system value values (3, 's') returning id",
    },
  ];

  test.each(WAYS)('P9 when $what', async ({ before, late = INSERT }) => {
    await add(db.pool, ...Array.from({ length: 5 }, () => ({ skill: 's' })));
    await keepLanes();
    expect(await horizon()).toBe(5);
    await before();
    await other.query('begin');
    const {
      rows: [row],
    } = await other.query<{ id: string }>(late);
    await add(db.pool, { skill: 's' });
    await drain();
    await keepLanes();
    await drain();
    await keepLanes();
    await other.query('commit');
    await keepLanes();
    expect(ids(await claimTasks(db.pool, { worker: 'w-1', limit: 100 }))).toEqual([row?.id]);
  });

  test('P9 when a look has gone past its cached id, and the horizon has not', async () => {
    await db.pool.query(`alter sequence ${sequence} cache 20`);
    await other.query("insert into tasks (skill) values ('s')");
    await add(db.pool, { skill: 's' });
    look = await advanceHorizon(db.pool, null);
    await other.query('begin');
    const {
      rows: [row],
    } = await other.query<{ id: string }>(INSERT);
    await keepLanes();
    await drain();
    await keepLanes();
    await other.query('commit');
    await keepLanes();
    expect(ids(await claimTasks(db.pool, { worker: 'w-1', limit: 100 }))).toEqual([row?.id]);
  });
});

test.each([
  { mode: 'share update exclusive', who: 'vacuum, analyze and the building of an index beside the work', waits: false },
  { mode: 'share', who: 'the building of an index', waits: false },
  { mode: 'access share', who: 'a report', waits: false },
  { mode: 'row exclusive', who: 'who adds tasks', waits: true },
])('the horizon goes on beside $who, and waits for who adds tasks alone ($mode)', async ({ mode, waits }) => {
  await add(db.pool, {}, {});
  await other.query('begin');
  await other.query(`lock table tasks in ${mode} mode`);
  await keepLanes();
  expect(await horizon()).toBe(waits ? 0 : 2);
  await other.query('commit');
  await keepLanes();
  expect(await horizon()).toBe(2);
});
