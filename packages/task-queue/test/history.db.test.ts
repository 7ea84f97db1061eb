import { testDatabase } from '@orchestra/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { completeRun, finishRuns, listTaskEvents, parkTask, releaseRun } from '../src/index.ts';
import { add, claim, ids } from './fixtures.ts';

const db = testDatabase();
const DANA = { name: 'dana' };

beforeEach(async () => {
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
});

interface EventRow {
  id: string;
  task_id: string;
  kind: string;
  data: Record<string, unknown> | null;
}
const events = async (): Promise<EventRow[]> =>
  (await db.pool.query<EventRow>('select e.id, e.task_id, e.kind, e.data from task_events e order by e.id')).rows;

describe('P12 the history has one row for each call', () => {
  test('P12 and an event for each task, with what was true of it alone', async () => {
    const tasks = await add(db.pool, { agent_id: 'a', skill: 's' }, { quest_id: 'q' }, {});
    const runs = await claim(db.pool);
    await finishRuns(db.pool, [
      { as: 'completed', id: runs[0]?.id ?? '', run_id: runs[0]?.run_id ?? '', result: 1 },
      { as: 'failed', id: runs[1]?.id ?? '', run_id: runs[1]?.run_id ?? '', error: 'boom', retry: false },
      { as: 'released', id: runs[2]?.id ?? '', run_id: runs[2]?.run_id ?? '', cause: 'pause' },
    ]);
    expect(
      (
        await db.pool.query<{ kind: string; tasks: number }>(
          'select b.kind, cardinality(b.task_ids) as tasks from event_batches b order by b.kind',
        )
      ).rows,
    ).toEqual([
      { kind: 'claimed', tasks: 3 },
      { kind: 'completed', tasks: 1 },
      { kind: 'failed', tasks: 1 },
      { kind: 'queued', tasks: 3 },
      { kind: 'released', tasks: 1 },
    ]);
    const told = await events();
    expect(
      told
        .filter(({ kind }) => kind === 'claimed')
        .map(({ task_id: id, data }) => [id, data?.['labels'], data?.['attempt']]),
    ).toEqual([
      [tasks[0], { agent_id: 'a', skill: 's' }, 1],
      [tasks[1], { quest_id: 'q' }, 1],
      [tasks[2], {}, 1],
    ]);
    expect(told.find(({ kind }) => kind === 'failed')).toMatchObject({
      task_id: tasks[1],
      data: { error: 'boom', status: 'failed', next_eligible_at: null },
    });
    expect(told.find(({ kind }) => kind === 'completed')).toMatchObject({
      task_id: tasks[0],
      data: { status: 'succeeded', next_eligible_at: null },
    });
  });

  test('P12 no two events have one id, and whatever happens later has a higher one', async () => {
    const [first = ''] = await add(db.pool, ...Array.from({ length: 1_000 }, () => ({})));
    const runs = await claim(db.pool, { limit: 1_000 });
    await parkTask(db.pool, first, DANA, 'look at it');
    await completeRun(db.pool, first, runs[0]?.run_id ?? '', null);
    const told = await events();
    expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
    expect(told.filter(({ task_id: id }) => id === first).map(({ kind }) => kind)).toEqual([
      'queued',
      'claimed',
      'parked',
      'completed',
    ]);
    expect(told.map(({ kind }) => kind)).toEqual([
      ...Array.from({ length: 1_000 }, () => 'queued'),
      ...Array.from({ length: 1_000 }, () => 'claimed'),
      'parked',
      'completed',
    ]);
  });

  test('the history of one task is read page by page, whichever kind of row holds an event', async () => {
    const [id = ''] = await add(db.pool, {});
    const [run] = await claim(db.pool);
    await parkTask(db.pool, id, DANA, 'look at it');
    await releaseRun(db.pool, id, run?.run_id ?? '', { cause: 'pause' });
    const kinds: string[] = [];
    let afterId: string | undefined;
    for (let page = 0; page < 4; page++) {
      const [event] = await listTaskEvents(db.pool, id, { afterId, limit: 1 });
      kinds.push(event?.kind ?? 'none');
      afterId = event?.id;
    }
    expect(kinds).toEqual(['queued', 'claimed', 'parked', 'released']);
    expect(await listTaskEvents(db.pool, id, { afterId, limit: 1 })).toEqual([]);
  });
});

test('a search for one task finds its calls by an index', async () => {
  const session = await db.pool.connect();
  try {
    await session.query('begin; set local enable_seqscan = off');
    const { rows } = await session.query<{ 'QUERY PLAN': string }>('explain select from events_of_task(7) e');
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('event_batches_task');
    expect(plan).toContain('task_events_task');
  } finally {
    await session.query('rollback');
    session.release();
  }
});

test('P12 the history is added to, and neither changed nor taken away', async () => {
  await add(db.pool, {});
  for (const statement of ["update task_events set kind = 'failed'", 'delete from task_events', 'truncate task_events'])
    await expect(db.pool.query(statement)).rejects.toThrow(/task_events/);
  expect(ids(await claim(db.pool))).toHaveLength(1);
});
