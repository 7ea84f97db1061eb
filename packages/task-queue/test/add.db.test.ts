import { inTransaction } from '@orchestra/database';
import { testDatabase } from '@orchestra/testkit';
import { beforeEach, expect, test } from 'vitest';
import { advanceHorizon, enqueueTasks, advanceLaneHeads } from '../src/index.ts';
import { newTask } from '../src/contract/index.ts';
import { add, claim, ids } from './fixtures.ts';

const db = testDatabase();

beforeEach(() => db.pool.query('truncate tasks, task_event_rows, event_batches, task_lanes'));

const labelsOf = async (taskIds: readonly string[]): Promise<unknown[]> =>
  (
    await db.pool.query(
      `select t.agent_id, t.repo, t.in_line, l.agent_id as lane_agent
     from tasks t
     join task_lanes l on l.id = t.lane_id
    where t.id = any ($1::bigint[])
    order by t.id`,
      [taskIds],
    )
  ).rows;

test('P9 a task whose id was given before stands before the head of its lane, and is found', async () => {
  const first = await add(db.pool, { agent_id: 'a' }, { agent_id: 'a' }, { agent_id: 'b' });
  await claim(db.pool);
  await add(db.pool, ...Array.from({ length: 50 }, () => ({ agent_id: 'a' })));
  await claim(db.pool, { limit: 40 });
  await advanceHorizon(db.pool, await advanceHorizon(db.pool, null));
  await advanceLaneHeads(db.pool, 1_000);
  const {
    rows: [lane],
  } = await db.pool.query<{ head: string }>("select head from task_lanes where agent_id = 'a'");
  expect(Number(lane?.head), 'its head has been raised').toBeGreaterThan(Number(first[2]));

  await db.pool.query('delete from tasks where id = any ($1::bigint[])', [first]);
  await db.pool.query("select setval('tasks_id_seq', $1::bigint, false)", [first[0]]);
  const again = await add(db.pool, { agent_id: 'a' }, { agent_id: 'b' });
  expect(again).toEqual(first.slice(0, 2));
  expect(ids(await claim(db.pool, { limit: 2 }))).toEqual(again);
});

test('plain tasks and others in one call: spelling, line and time are judged for each of them', async () => {
  const added = await add(
    db.pool,
    { agent_id: 'plain' },
    { agent_id: 'Jose\u0301' },
    { agent_id: 'plain', repo: 'shop' },
    { agent_id: 'plain', repo: 'shop', not_before: '2999-01-01T00:00:00Z' },
  );
  expect(await labelsOf(added)).toEqual([
    { agent_id: 'plain', repo: null, in_line: true, lane_agent: 'plain' },
    { agent_id: 'Jos\u00e9', repo: null, in_line: true, lane_agent: 'Jos\u00e9' },
    { agent_id: 'plain', repo: 'shop', in_line: true, lane_agent: 'plain' },
    { agent_id: 'plain', repo: 'shop', in_line: false, lane_agent: 'plain' },
  ]);
});

test('no setting of a session lets ill-formed tasks in, and rows that are inserted after a call are judged', async () => {
  const bad = [{ ...newTask.parse({ agent_id: 'a' }), agent_id: ' a' }];
  const CHECK = { code: '23514', column: 'agent_id' };
  await expect(
    inTransaction(db.pool, async (tx) => {
      await tx.query("set local orchestra.adds_itself = 'on'");
      await tx.query('select orchestra_add($1::jsonb, $2, null)', [JSON.stringify(bad), 'test']);
    }),
  ).rejects.toMatchObject(CHECK);
  await expect(
    inTransaction(db.pool, async (tx) => {
      await tx.query('select orchestra_add($1::jsonb, $2, null)', [
        JSON.stringify([newTask.parse({ agent_id: 'a' })]),
        'test',
      ]);
      await tx.query("insert into tasks (agent_id) values (' a')");
    }),
  ).rejects.toMatchObject(CHECK);
  await expect(enqueueTasks(db.pool, bad, 'test')).rejects.toMatchObject(CHECK);
});
