import { ageEvents, testDatabase } from '@orchestra/testkit';
import { beforeEach, expect, test } from 'vitest';
import {
  actOnTasks,
  CANCEL,
  completeRun,
  failRun,
  deleteOldTasks,
  releaseRun,
  reapRuns,
  type ForgetMark,
} from '../src/index.ts';
import { add, claim } from './fixtures.ts';

const db = testDatabase();
const DAYS = 30;

beforeEach(async () => {
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
});

const grow = (days: number) => ageEvents(db.pool, `${days} days`);
const left = async () =>
  (await db.pool.query<{ id: string }>('select t.id from tasks t order by t.id')).rows.map((row) => row.id);
const eventsOf = async (id: string) =>
  (await db.pool.query('select from task_events e where e.task_id = $1', [id])).rowCount;

async function finish(id: string): Promise<void> {
  const [run] = await claim(db.pool, { limit: 1 });
  expect(run?.id).toBe(id);
  await completeRun(db.pool, id, run?.run_id ?? '', 'done');
}

/** All statements of a sweep. */
async function sweep(): Promise<{ tasks: number; statements: number }> {
  let tasks = 0;
  let from: ForgetMark | undefined;
  for (let statements = 1; ; statements++) {
    const forgotten = await deleteOldTasks(db.pool, DAYS, from);
    tasks += forgotten.tasks;
    from = forgotten.next;
    if (from === undefined) return { tasks, statements };
  }
}

test('P12 finished tasks older than the setting are deleted with their events, and how many is written down', async () => {
  const [old = '', failed = '', young = ''] = await add(db.pool, {}, { max_attempts: 1 }, {});
  await finish(old);
  const [run] = await claim(db.pool, { limit: 1 });
  await failRun(db.pool, failed, run?.run_id ?? '', { error: 'boom', retry: true });
  await grow(DAYS + 1);
  await finish(young);
  expect(await sweep()).toMatchObject({ tasks: 2 });
  expect(await left()).toEqual([young]);
  expect([await eventsOf(old), await eventsOf(failed), await eventsOf(young)]).toEqual([0, 0, 3]);
  const written = async () =>
    (
      await db.pool.query(
        "select a.by, a.action, a.data from senate_audit a where a.action = 'tasks.forgotten' order by a.id",
      )
    ).rows;
  const rows = await written();
  expect(rows).toEqual([
    { by: 'orchestra.retention', action: 'tasks.forgotten', data: { tasks: 2, events: 6, days: DAYS } },
  ]);
  expect(await sweep()).toMatchObject({ tasks: 0 });
  expect(await written(), 'nothing deleted, nothing written').toEqual(rows);
});

test('P12 nothing that is not finished is ever deleted, however old, whatever runs it has had', async () => {
  const [queued = '', released = '', failedOnce = '', reaped = '', running = '', held = ''] = await add(
    db.pool,
    {},
    {},
    {},
    {},
    {},
    {},
  );
  const runs = new Map((await claim(db.pool)).map((run) => [run.id, run.run_id]));
  await releaseRun(db.pool, queued, runs.get(queued) ?? '', { cause: 'pause' });
  await releaseRun(db.pool, released, runs.get(released) ?? '', { cause: 'shutdown' });
  await failRun(db.pool, failedOnce, runs.get(failedOnce) ?? '', { error: 'boom', retry: true });
  await db.pool.query("update tasks set heartbeat_at = heartbeat_at - interval '61 seconds' where id = $1", [reaped]);
  await reapRuns(db.pool, 60);
  await releaseRun(db.pool, held, runs.get(held) ?? '', { cause: 'shutdown' });
  await db.pool.query("update tasks set status = 'held' where id = $1", [held]);
  await grow(1_000);
  await db.pool.query("update tasks set created_at = created_at - interval '1000 days'");
  expect(await sweep()).toMatchObject({ tasks: 0 });
  expect(await left()).toEqual([queued, released, failedOnce, reaped, running, held]);
  expect(await eventsOf(released)).toBe(3);
});

test('a task that was finished, reopened by hand and finished again goes by its last event', async () => {
  const [id = ''] = await add(db.pool, {});
  await finish(id);
  await grow(DAYS + 1);
  await db.pool.query("update tasks set status = 'queued', next_eligible_at = now() where id = $1", [id]);
  await finish(id);
  expect(await sweep()).toMatchObject({ tasks: 0 });
  await grow(DAYS + 1);
  expect(await sweep()).toMatchObject({ tasks: 1 });
});

test('a statement looks at no more than a thousand endings, and the next goes on behind them', async () => {
  // Unfinished ones stand first: a sweep that started again each time would never get past them.
  await db.pool.query(`
    with made as (insert into tasks (status) select case when n <= 1200 then 'queued' else 'succeeded' end
      from generate_series(1, 2500) n
      returning id, status)
    insert into task_event_rows (task_id, run_id, kind, by, at, data)
    select m.id, gen_random_uuid(), case m.status when 'queued' then 'released' else 'completed' end, 'w-1',
           now() - make_interval(days => 100), '{}'
      from made m
     order by m.id`);
  const first = await deleteOldTasks(db.pool, DAYS);
  expect(first).toMatchObject({ tasks: 0, next: { id: expect.any(String) } });
  expect(await sweep()).toEqual({ tasks: 1_300, statements: 3 });
  expect(await left()).toHaveLength(1_200);
});

test('a call’s row in the history loses what it says of a forgotten task, and goes with the last of them', async () => {
  const [kept = '', gone = ''] = await add(db.pool, { agent_id: 'a' }, { agent_id: 'b' });
  const runs = await claim(db.pool);
  for (const run of runs) await completeRun(db.pool, run.id, run.run_id, null);
  await grow(DAYS + 1);
  await db.pool.query("update tasks set status = 'held' where id = $1", [kept]);
  expect(await deleteOldTasks(db.pool, DAYS)).toMatchObject({ tasks: 1, events: 3 });
  expect(await eventsOf(gone)).toBe(0);
  expect(
    (
      await db.pool.query<{ labels: unknown }>(
        "select e.data -> 'labels' as labels from task_events e where e.kind = 'claimed'",
      )
    ).rows,
  ).toEqual([{ labels: { agent_id: 'a' } }]);
  expect(
    (await db.pool.query("select from event_batches b where b::text like '%,b}%' or $1 = any (b.task_ids)", [gone]))
      .rowCount,
  ).toBe(0);
  await db.pool.query("update tasks set status = 'succeeded' where id = $1", [kept]);
  expect(await deleteOldTasks(db.pool, DAYS)).toMatchObject({ tasks: 1, events: 3 });
  expect((await db.pool.query('select from event_batches')).rowCount).toBe(0);
});

test('a task that was cancelled before it ever ran is forgotten as well', async () => {
  const [id = ''] = await add(db.pool, {});
  await actOnTasks(db.pool, CANCEL, { ids: [id] }, { by: 'dana', reason: null });
  expect(await deleteOldTasks(db.pool, DAYS)).toMatchObject({ tasks: 0 });
  await grow(DAYS + 1);
  expect(await deleteOldTasks(db.pool, DAYS)).toMatchObject({ tasks: 1, events: 2 });
});
