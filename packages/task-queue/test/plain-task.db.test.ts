import type { Queryable } from '@orchestra/database';
import { testDatabase } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { finishRuns } from '../src/index.ts';
import { add, claim } from './fixtures.ts';

const db = testDatabase();

/** The functions of the database, triggers among them, that some work calls. */
async function calledBy(work: (session: Queryable) => Promise<unknown>): Promise<string[]> {
  const session = await db.pool.connect();
  try {
    await session.query("begin; set local track_functions = 'pl'");
    // A session counts on until it has told the server, which may be later than the end of a transaction.
    const before = await callsOf(session);
    await work(session);
    return [...(await callsOf(session))]
      .filter(([name, calls]) => calls > (before.get(name) ?? 0))
      .map(([name]) => name)
      .toSorted();
  } finally {
    await session.query('commit');
    session.release();
  }
}

async function callsOf(session: Queryable): Promise<Map<string, number>> {
  const { rows } = await session.query<{ name: string; calls: number }>(
    'select f.funcname as name, f.calls::int from pg_stat_xact_user_functions f',
  );
  return new Map(rows.map(({ name, calls }) => [name, calls]));
}

test('a task that has no repo, begins and is done pays for no trigger: none of their functions is called', async () => {
  const [id = ''] = await add(db.pool, { agent_id: 'skeptic' });
  const [run] = await claim(db.pool);
  const [second = ''] = await add(db.pool, { agent_id: 'skeptic' });
  const plain = ['known_cluster_id', 'orchestra_turn', 'run_id_of'];
  expect(
    await calledBy(async (session) => {
      expect((await claim(session)).map((task) => task.id)).toEqual([second]);
    }),
  ).toEqual(plain);
  expect(
    await calledBy((session) => finishRuns(session, [{ as: 'completed', id, run_id: run?.run_id ?? '', result: 1 }])),
  ).toEqual(['orchestra_turn']);
});

test('other statements do call the triggers, and so does a task that comes back', async () => {
  const [id = ''] = await add(db.pool, { agent_id: 'skeptic' });
  const [run] = await claim(db.pool);
  expect(
    await calledBy((session) =>
      finishRuns(session, [{ as: 'released', id, run_id: run?.run_id ?? '', cause: 'pause' }]),
    ),
  ).toContain('task_moves');
  expect(await calledBy((session) => session.query('update tasks set priority = 3 where id = $1', [id]))).toEqual(
    expect.arrayContaining(['task_changes_state', 'task_moves', 'lane_to_enter']),
  );
});
