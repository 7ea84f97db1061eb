import { testDatabase } from '@orchestra/testkit';
import { beforeEach, expect, test } from 'vitest';
import { finishRuns, readQueueView, sumUpTotals, turn } from '../src/index.ts';
import { add, claim } from './fixtures.ts';

const db = testDatabase();

beforeEach(() => db.pool.query('truncate tasks, task_event_rows, event_batches'));

/** What `GET /api/queue` tells, beside what a count of all tasks makes. */
async function counts(): Promise<{ told: Record<string, number>; counted: Record<string, number> }> {
  const { rows } = await db.pool.query<{ status: string; count: number }>(
    'select t.status, count(*)::int as count from tasks t group by t.status',
  );
  const { counts: told } = await readQueueView(db.pool, 60);
  return {
    told,
    counted: {
      ...Object.fromEntries(Object.keys(told).map((status) => [status, 0])),
      ...Object.fromEntries(rows.map(({ status, count }) => [status, count])),
    },
  };
}

const DOORS: [string, () => Promise<unknown>][] = [
  ['a run ends with success', async () => endAll('completed')],
  ['a run fails for good', async () => endAll('failed', false)],
  ['a run fails and its task is tried again', async () => endAll('failed', true)],
  ['a run is handed back', async () => endAll('released')],
  [
    'a task passes its last stage',
    async () => {
      await add(db.pool, { pipeline: 'default' });
      await endAll('completed');
    },
  ],
  [
    'tasks are cancelled by SQL',
    () => db.pool.query("update tasks set status = 'cancelled' where status = 'queued' and id % 2 = 0"),
  ],
  [
    'finished tasks are put back by SQL',
    () => db.pool.query("update tasks set status = 'queued' where status in ('failed', 'cancelled')"),
  ],
  [
    'tasks that have finished elsewhere are added by SQL',
    () => db.pool.query("insert into tasks (status) values ('succeeded'), ('failed'), ('queued')"),
  ],
  ['tasks are deleted by SQL', () => db.pool.query('delete from tasks where id % 3 = 0')],
  [
    'rows are summed up',
    async () => {
      await db.pool.query('insert into task_totals select 0, 0, 0 from generate_series(1, 200)');
      expect(await sumUpTotals(db.pool)).toBeGreaterThanOrEqual(200);
      expect(await sumUpTotals(db.pool), 'few rows are left alone').toBe(0);
    },
  ],
];

async function endAll(as: 'completed' | 'failed' | 'released', retry = true): Promise<void> {
  const runs = await claim(db.pool, { limit: 4 });
  await finishRuns(
    db.pool,
    runs.map(({ id, run_id }) =>
      as === 'completed'
        ? { as, id, run_id }
        : as === 'failed'
          ? { as, id, run_id, error: 'x', retry }
          : { as, id, run_id, cause: 'shutdown' },
    ),
  );
}

test.each(DOORS)('the counts of finished tasks are right after %s', async (_what, act) => {
  await add(db.pool, ...Array.from({ length: 12 }, (_, index) => ({ repo: index % 4 === 0 ? `r-${index}` : null })));
  await endAll('completed');
  await act();
  const { told, counted } = await counts();
  expect(told).toEqual(counted);
});

test('emptying the table of tasks empties the counts', async () => {
  await add(db.pool, {});
  await endAll('completed');
  await db.pool.query('truncate tasks');
  expect((await counts()).told).toMatchObject({ succeeded: 0, failed: 0, cancelled: 0 });
});

test('many that end runs, and one that sums up, agree in the end', async () => {
  await add(db.pool, ...Array.from({ length: 200 }, () => ({})));
  let working = true;
  const summing = (async () => {
    while (working) await sumUpTotals(db.pool);
  })();
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      let held: { id: string; run_id: string }[] = [];
      for (;;) {
        const { tasks, claimed } = await turn(db.pool, {
          endings: held.map(({ id, run_id }) => ({ as: 'completed', id, run_id })),
          claim: { worker: 'w', limit: 3 },
        });
        if (claimed === 0 && held.length === 0) return;
        held = JSON.parse(tasks);
      }
    }),
  );
  working = false;
  await summing;
  const { told, counted } = await counts();
  expect(told).toEqual(counted);
  expect(told).toMatchObject({ succeeded: 200 });
});
