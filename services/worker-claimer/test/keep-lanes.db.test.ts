import { claimTasks, completeRun, enqueueTasks } from '@orchestra/task-queue';
import { newTask } from '@orchestra/task-queue/contract';
import { testDatabase } from '@orchestra/testkit';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keepLanes } from '../src/loops/keep-lanes.ts';

const db = testDatabase();
const lanes = async (): Promise<number> => (await db.pool.query('select from task_lanes')).rowCount ?? 0;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('what the last claims leave is looked after once more, and then only now and then', async () => {
  const round = keepLanes(db.pool);
  expect(await round(), 'nothing is there').toBeUndefined();
  const [id = ''] = await enqueueTasks(db.pool, [newTask.parse({ skill: 'last' })], 'test');
  const [run] = await claimTasks(db.pool, { worker: 'w-1', limit: 1 });
  await completeRun(db.pool, id, run?.run_id ?? '', null);
  vi.advanceTimersByTime(1_000);
  expect(await round(), 'too soon to drop a lane again').toBe(9_000);
  expect(await lanes()).toBe(1);
  vi.advanceTimersByTime(9_000);
  expect(await round(), 'there may be more than one statement takes').toBe(10_000);
  expect(await lanes()).toBe(0);
  vi.advanceTimersByTime(10_000);
  expect(await round()).toBeUndefined();
});
