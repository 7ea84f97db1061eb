import { testDatabase } from '@orchestra/testkit';
import { beforeEach, expect, test } from 'vitest';
import { healQueued, listTaskEvents, readQueueView } from '../src/index.ts';
import { add, claim, ids } from './fixtures.ts';

const db = testDatabase();
const RULE = "check (status <> 'queued' or (run_id is null and pid is null and started_at is null))";

beforeEach(async () => {
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
});

/** Rows as an older schema left them: queued, and still naming a run. */
async function makeImpossible(...taskIds: string[]): Promise<void> {
  await db.pool.query('alter table tasks drop constraint tasks_queued_is_unowned');
  await db.pool.query(
    'update tasks set run_id = gen_random_uuid(), pid = 4711, started_at = now() where id = any ($1::bigint[])',
    [taskIds],
  );
  await db.pool.query(`alter table tasks add constraint tasks_queued_is_unowned ${RULE} not valid`);
}
const total = async () => (await readQueueView(db.pool, 60)).reaper.impossible_queued_total;

test('P15 rows that an older schema left behind are healed, counted and written down', async () => {
  const [id = '', other] = await add(db.pool, {}, {});
  await makeImpossible(id);
  const before = await total();
  expect(await healQueued(db.pool)).toBe(1);
  expect(await healQueued(db.pool)).toBe(0);
  expect((await listTaskEvents(db.pool, id, { limit: 10 })).at(-1)).toMatchObject({
    kind: 'healed',
    by: 'orchestra.reaper',
    run_id: expect.any(String),
    data: { pid: 4711 },
  });
  expect(await total()).toBe(before + 1);
  expect(ids(await claim(db.pool))).toEqual([id, other]);
});

test('P15 each impossible row is healed and counted once, however many sweeps run at a time', async () => {
  const added = await add(db.pool, ...Array.from({ length: 200 }, () => ({})));
  await makeImpossible(...added);
  const before = await total();
  const healed = await Promise.all(Array.from({ length: 8 }, () => healQueued(db.pool)));
  expect(healed.reduce((sum, one) => sum + one, 0)).toBe(200);
  expect(await total()).toBe(before + 200);
  const {
    rows: [events],
  } = await db.pool.query("select count(*)::int as count from task_events e where e.kind = 'healed'");
  expect(events).toEqual({ count: 200 });
});

test('a sweep that finds nothing looks at an empty index, not at the queue', async () => {
  await db.pool.query("insert into tasks (skill) select 's' from generate_series(1, 5000)");
  await db.pool.query('analyze tasks');
  const { rows } = await db.pool.query<{ 'QUERY PLAN': string }>(
    `explain select t.id
       from tasks t
       where t.status = 'queued' and (t.run_id is not null or t.pid is not null or t.started_at is not null)
       order by t.id
       limit 1000`,
  );
  expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('tasks_impossible');
});
