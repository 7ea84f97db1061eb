import { conflictCounts, inTransaction } from '@orchestra/database';
import { testDatabase } from '@orchestra/testkit';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { runOnce } from '../src/commands/run-once.ts';

const db = testDatabase();

beforeAll(async () => {
  await db.pool.query('create sequence tries; create table written (id text primary key)');
  // A sequence does not go back with its transaction: so the conflict comes so many times, and then no more.
  await db.pool.query(`create function conflict_times(times int, state text) returns void language plpgsql as $$ begin
    if nextval('tries') <= times then raise exception 'in each other’s way' using errcode = state; end if; end $$`);
});
beforeEach(async () => {
  await db.pool.query("select setval('tries', 1, false)");
  await db.pool.query('truncate written');
});

const tries = async (): Promise<number> => Number((await db.pool.query("select nextval('tries') as n")).rows[0].n) - 1;
const counted = (outcome: string): number =>
  conflictCounts()
    .filter((one) => one.outcome === outcome)
    .reduce((sum, { count }) => sum + count, 0);

test.each(['40P01', '40001'])(
  'a transaction that the server rolled back with %s is tried again three times, each in a new transaction',
  async (state) => {
    const before = counted('tried_again');
    const xids = new Set<string>();
    await inTransaction(db.pool, async (tx) => {
      xids.add((await tx.query('select pg_current_xact_id()::text as xid')).rows[0].xid);
      await tx.query("insert into written values ('once')");
      await tx.query('select conflict_times(3, $1)', [state]);
    });
    expect(xids.size).toBe(4);
    expect((await db.pool.query('select from written')).rowCount).toBe(1);
    expect(counted('tried_again') - before).toBe(3);
  },
);

test('a statement outside any transaction likewise; a fourth conflict is the caller’s, and anything else is at once', async () => {
  await db.pool.query("select conflict_times(3, '40P01')");
  const given = counted('given_up');
  await db.pool.query("select setval('tries', 1, false)");
  await expect(db.pool.query("select conflict_times(4, '40P01')")).rejects.toMatchObject({ code: '40P01' });
  expect(counted('given_up') - given).toBe(1);
  expect(await tries()).toBe(4);
  await db.pool.query("select setval('tries', 1, false)");
  await expect(db.pool.query("select conflict_times(1, '23505')")).rejects.toMatchObject({ code: '23505' });
  expect(await tries()).toBe(1);
});

test('a call with an Idempotency-Key that met a conflict is done once, and its repetition gets its answer', async () => {
  const call = { principal: 'dana', key: 'k', request: { n: 1 } };
  const work = () =>
    runOnce(db.pool, call, async (tx) => {
      await tx.query("insert into written values ('keyed')");
      await tx.query("select conflict_times(2, '40P01')");
      return { done: true };
    });
  expect(await work()).toEqual({ done: true });
  expect(await work()).toEqual({ done: true });
  expect((await db.pool.query('select from written')).rowCount).toBe(1);
  expect(await tries()).toBe(3);
});

test('two transactions that lock two rows in opposite orders both succeed', async () => {
  await db.pool.query("insert into written values ('a'), ('b')");
  const both = { a: Promise.withResolvers<void>(), b: Promise.withResolvers<void>() };
  const lock = (first: 'a' | 'b', second: 'a' | 'b') =>
    inTransaction(db.pool, async (tx) => {
      await tx.query('select from written where id = $1 for update', [first]);
      both[first].resolve();
      await both[second].promise;
      await tx.query('select from written where id = $1 for update', [second]);
      return first;
    });
  expect(await Promise.all([lock('a', 'b'), lock('b', 'a')])).toEqual(['a', 'b']);
});
