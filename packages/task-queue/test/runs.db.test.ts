import { testDatabase, until } from '@orchestra/testkit';
import { beforeEach, expect, test } from 'vitest';
import { completeRun, findTask, heartbeat, reapRuns } from '../src/index.ts';
import { add, claim, ids } from './fixtures.ts';

const db = testDatabase();
const LEASE_SECONDS = 60;
const missHeartbeats = (seconds: number) =>
  db.pool.query(
    'update tasks set heartbeat_at = heartbeat_at - make_interval(secs => $1) where heartbeat_at is not null',
    [seconds],
  );

beforeEach(async () => {
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
});

test('P10 two claims at once never take the same task', async () => {
  const added = await add(db.pool, ...Array.from({ length: 200 }, () => ({})));
  const rounds = await Promise.all(
    Array.from({ length: 40 }, (_, worker) => claim(db.pool, { worker: `w-${worker}`, limit: 5 })),
  );
  const taken = rounds.flatMap((tasks) => ids(tasks));
  expect(taken).toHaveLength(200);
  expect(new Set(taken)).toEqual(new Set(added));
});

test('P10 a worker that comes back after its run was taken from it is refused, and told why', async () => {
  const [id = ''] = await add(db.pool, {});
  const [zombie] = await claim(db.pool, { worker: 'w-frozen' });
  await missHeartbeats(LEASE_SECONDS + 1);
  expect(await reapRuns(db.pool, LEASE_SECONDS)).toBe(1);
  const [next] = await claim(db.pool, { worker: 'w-next' });
  expect(next).toMatchObject({ id, attempt: 1 });
  const refusal = {
    code: 'run_not_owner',
    message: expect.stringMatching(new RegExp(`run ${zombie?.run_id} was reaped at .*running for w-next`)),
  };
  await expect(completeRun(db.pool, id, zombie?.run_id ?? '', 'late')).rejects.toMatchObject(refusal);
  await expect(heartbeat(db.pool, id, zombie?.run_id ?? '')).rejects.toMatchObject(refusal);
  expect(await findTask(db.pool, id)).toMatchObject({ status: 'running', run_id: next?.run_id, result: null });
});

test('P10 a heartbeat in time keeps the run', async () => {
  const [id = ''] = await add(db.pool, {});
  const [run] = await claim(db.pool);
  await missHeartbeats(LEASE_SECONDS + 1);
  await heartbeat(db.pool, id, run?.run_id ?? '');
  expect(await reapRuns(db.pool, LEASE_SECONDS)).toBe(0);
});

test('P10 an ending that comes between the reaper’s look and its change wins (F16)', async () => {
  const [id = ''] = await add(db.pool, {});
  const [run] = await claim(db.pool);
  await missHeartbeats(LEASE_SECONDS + 1);
  const finisher = await db.pool.connect();
  await finisher.query('begin');
  await completeRun(finisher, id, run?.run_id ?? '', 'done');
  expect(await reapRuns(db.pool, LEASE_SECONDS)).toBe(0);
  await finisher.query('commit');
  finisher.release();
  expect(await reapRuns(db.pool, LEASE_SECONDS)).toBe(0);
  expect(await findTask(db.pool, id)).toMatchObject({ status: 'succeeded' });
});

test('P15 a queued row that names a run cannot be written', async () => {
  const [id] = await add(db.pool, {});
  await expect(db.pool.query('update tasks set run_id = gen_random_uuid() where id = $1', [id])).rejects.toMatchObject({
    constraint: 'tasks_queued_is_unowned',
  });
  // The server tells of the error before it lets go of the row, and a claim skips what is locked.
  await until('the row to be free', async () => ids(await claim(db.pool)).includes(id ?? ''));
  await expect(db.pool.query("update tasks set status = 'queued' where id = $1", [id])).rejects.toMatchObject({
    constraint: 'tasks_queued_is_unowned',
  });
});
