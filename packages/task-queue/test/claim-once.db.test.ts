import { testDatabase } from '@orchestra/testkit';
import { beforeEach, expect, test } from 'vitest';
import { claimTasksOnce, reapRuns } from '../src/index.ts';
import type { ClaimedTask } from '../src/contract/index.ts';
import { add, ids } from './fixtures.ts';

const db = testDatabase();
let key = 0;
const order = { worker: 'w-1', limit: 2 };
const claimOnce = (): Promise<ClaimedTask[]> =>
  claimTasksOnce(db.pool, order, { principal: 'w', key: `k-${key}`, request: order });

beforeEach(async () => {
  key += 1;
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
});

test('P10 a repeated claim gets the tasks that the first one took, and no others', async () => {
  await add(db.pool, {}, {}, {}, {});
  const first = await claimOnce();
  expect(first).toHaveLength(2);
  expect(await claimOnce()).toEqual(first);
  const both = await Promise.all([claimOnce(), claimOnce()]);
  expect(both).toEqual([first, first]);
});

test('P10 a repeated claim leaves out runs that have been taken away since, and begins the lease of the others anew', async () => {
  await add(db.pool, {}, {});
  const first = await claimOnce();
  await db.pool.query("update tasks set heartbeat_at = heartbeat_at - interval '50 seconds'");
  await db.pool.query("update tasks set heartbeat_at = heartbeat_at - interval '50 seconds' where id = $1", [
    first[0]?.id,
  ]);
  expect(await reapRuns(db.pool, 60)).toBe(1);
  expect(ids(await claimOnce())).toEqual([first[1]?.id]);
  expect(await reapRuns(db.pool, 40)).toBe(0);
});

test('a claim that found nothing is not remembered: asked again under its key, it claims', async () => {
  expect(await claimOnce()).toEqual([]);
  const added = await add(db.pool, {});
  expect(ids(await claimOnce())).toEqual(added);
});
