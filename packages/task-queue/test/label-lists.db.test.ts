import { testDatabase } from '@orchestra/testkit';
import { beforeEach, expect, test } from 'vitest';
import { forgetOldLabels } from '../src/labels/keep-known.ts';
import { completeRun, dropEmptyLanes, listTasks, type TaskFilter } from '../src/index.ts';
import { add, claim, ids } from './fixtures.ts';

const db = testDatabase();
const LABELS = { agent_id: 'a-1', skill: 's-1', quest_id: 'q-1', actor_id: 'act-1', repo: 'r-1' };
const FILTERS: Omit<TaskFilter, 'limit'>[] = [
  { agentId: 'a-1' },
  { skill: 's-1' },
  { questId: 'q-1' },
  { actorId: 'act-1' },
  { repo: 'r-1' },
];

beforeEach(() => db.pool.query('truncate tasks, known_labels; delete from task_lanes'));

async function expectFound(id: string): Promise<void> {
  for (const filter of FILTERS)
    expect(ids(await listTasks(db.pool, { ...filter, limit: 10 })), JSON.stringify(filter)).toEqual([id]);
}
const insertBySql = async (more: string): Promise<string> => {
  const {
    rows: [row],
  } = await db.pool.query<{ id: string }>(
    `insert into tasks (agent_id, skill, quest_id, actor_id, repo${more} returning id`,
  );
  return row?.id ?? '';
};

test.each<[string, () => Promise<string>]>([
  ['waits', async () => (await add(db.pool, LABELS))[0] ?? ''],
  [
    'has finished, and its lane was dropped',
    async () => {
      await add(db.pool, LABELS);
      const [run] = await claim(db.pool);
      await completeRun(db.pool, run?.id ?? '', run?.run_id ?? '', null);
      expect(await dropEmptyLanes(db.pool)).toBe(1);
      return run?.id ?? '';
    },
  ],
  [
    'was added by SQL after it had finished',
    () => insertBySql(", status) values ('a-1', 's-1', 'q-1', 'act-1', 'r-1', 'succeeded')"),
  ],
  [
    'was given its labels by SQL after it had finished',
    async () => {
      const id = await insertBySql(", status) values ('b', 'b', 'b', 'b', 'b', 'failed')");
      await db.pool.query(
        `update tasks set agent_id = 'a-1', skill = 's-1', quest_id = 'q-1', actor_id = 'act-1', repo = 'r-1'
           where id = $1`,
        [id],
      );
      return id;
    },
  ],
  [
    'was given its labels by SQL while it ran',
    async () => {
      await add(db.pool, {});
      const [run] = await claim(db.pool);
      await db.pool.query(
        "update tasks set agent_id = 'a-1', skill = 's-1', quest_id = 'q-1', actor_id = 'act-1', repo = 'r-1'",
      );
      await completeRun(db.pool, run?.id ?? '', run?.run_id ?? '', null);
      return run?.id ?? '';
    },
  ],
])('a task is listed under each of its labels, and only under them, when it %s', async (_how, make) => {
  await expectFound(await make());
  for (const filter of FILTERS)
    expect(
      await listTasks(db.pool, { ...Object.fromEntries(Object.keys(filter).map((key) => [key, 'nobody'])), limit: 10 }),
    ).toEqual([]);
});

test('a list under a label that no task carries looks at no task', async () => {
  const other = await db.pool.connect();
  await other.query('begin');
  await other.query('lock table tasks in access exclusive mode');
  for (const filter of FILTERS)
    expect(
      await listTasks(db.pool, {
        ...Object.fromEntries(Object.keys(filter).map((key) => [key, 'never-seen'])),
        limit: 10,
      }),
    ).toEqual([]);
  await other.query('rollback');
  other.release();
});

test('a label is not forgotten while a task is there that may carry it', async () => {
  const id = await insertBySql(
    ", status, created_at) values ('a-1', 's-1', 'q-1', 'act-1', 'r-1', 'succeeded', now() - interval '2 years')",
  );
  await db.pool.query('update known_labels set seen_on = current_date - 700');
  expect(await forgetOldLabels(db.pool)).toBe(0);
  await expectFound(id);
  await db.pool.query('delete from tasks');
  expect(await forgetOldLabels(db.pool)).toBe(4);
});
