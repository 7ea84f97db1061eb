import { pauseScope, unpauseScope } from '@orchestra/pause-core';
import { testDatabase } from '@orchestra/testkit';
import { beforeEach, expect, test } from 'vitest';
import { failRun, findTask, readTriage, triageBacklog } from '../src/index.ts';
import { add, claim } from './fixtures.ts';

const db = testDatabase();

beforeEach(async () => {
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
});

const pauseSkill = async (value: string): Promise<string> =>
  (
    await pauseScope(db.pool, {
      scope: { kind: 'skill', value },
      reason: 'test',
      ttlSeconds: null,
      by: 'dana',
      source: 'person',
    })
  ).pause.id;
const status = async (id: string): Promise<unknown> => {
  const task = await findTask(db.pool, id);
  return task === undefined
    ? undefined
    : { status: task.status, parked: task.paused_at !== null, why: task.pause_reason };
};

test('what waits under a pause is told apart by age, and what is cancelled or parked never starts when the pause ends', async () => {
  const [old = '', young = '', fresh = '', other = ''] = await add(
    db.pool,
    { skill: 'debate' },
    { skill: 'debate' },
    { skill: 'debate' },
    { skill: 'look_up' },
  );
  await db.pool.query("update tasks set created_at = now() - interval '3 days' where id = $1", [old]);
  await db.pool.query("update tasks set created_at = now() - interval '2 hours' where id = $1", [young]);
  const id = await pauseSkill('debate');
  const view = await readTriage(db.pool, id, 'age');
  expect(view).toMatchObject({ counted: 3, more: false, groups_more: false });
  expect(view.groups.map(({ key, tasks, first_ids: ids }) => [key, tasks, ids])).toEqual([
    ['1h', 1, [fresh]],
    ['6h', 1, [young]],
    ['7d', 1, [old]],
  ]);
  const [late = ''] = await add(db.pool, { skill: 'debate' });
  await db.pool.query("update tasks set created_at = now() + interval '1 second' where id = $1", [late]);
  const order = {
    pauseId: id,
    by: 'age',
    at: view.at,
    cancel: ['7d'],
    park: ['6h'],
    who: 'dana',
    reason: 'too late for these',
  } as const;
  expect(await triageBacklog(db.pool, order, { isDryRun: true })).toEqual({
    dry_run: true,
    cancelled: 1,
    parked: 1,
    left: 1,
    passed_over: [],
    again: false,
  });
  expect(await status(old)).toMatchObject({ status: 'queued' });
  expect(await triageBacklog(db.pool, order)).toMatchObject({
    dry_run: false,
    cancelled: 1,
    parked: 1,
    left: 1,
    again: false,
  });
  expect(await triageBacklog(db.pool, order)).toMatchObject({ cancelled: 0, parked: 0 });
  expect([await status(old), await status(young), await status(fresh)]).toEqual([
    { status: 'cancelled', parked: false, why: null },
    { status: 'queued', parked: true, why: 'too late for these' },
    { status: 'queued', parked: false, why: null },
  ]);
  await unpauseScope(db.pool, { target: { id }, by: 'dana' });
  expect((await claim(db.pool)).map((run) => run.id).toSorted()).toEqual([fresh, other, late].toSorted());
  expect(
    (
      await db.pool.query(
        `select action, why, data ->> 'count' as count
           from senate_audit
          where action in ('task.cancelled', 'task.parked')
          order by id`,
      )
    ).rows,
  ).toEqual([
    { action: 'task.cancelled', why: 'too late for these', count: '1' },
    { action: 'task.parked', why: 'too late for these', count: '1' },
  ]);
});

test('by failures since the pause, and by quest', async () => {
  const before = await add(db.pool, { skill: 'build', quest_id: 'q-bad' });
  const [early] = await claim(db.pool);
  await failRun(db.pool, before[0] ?? '', early?.run_id ?? '', { error: 'before', retry: false });
  const [bad = '', , good = '', alone = ''] = await add(
    db.pool,
    { skill: 'debate', quest_id: 'q-bad' },
    { skill: 'build', quest_id: 'q-bad' },
    { skill: 'debate', quest_id: 'q-good' },
    { skill: 'debate' },
  );
  const id = await pauseSkill('debate');
  expect((await readTriage(db.pool, id, 'failures')).groups.map(({ key, tasks }) => [key, tasks])).toEqual([['0', 3]]);
  const [run] = await claim(db.pool);
  await failRun(db.pool, run?.id ?? '', run?.run_id ?? '', { error: 'no', retry: false });
  const view = await readTriage(db.pool, id, 'failures');
  const byKey = view.groups.toSorted((one, other) => one.key.localeCompare(other.key));
  expect(byKey.map(({ key, tasks, first_ids: ids }) => [key, tasks, ids])).toEqual([
    ['0', 2, [good, alone]],
    ['1-4', 1, [bad]],
  ]);
  const quests = await readTriage(db.pool, id, 'quest');
  expect(quests.groups.map(({ key, says }) => [key, says])).toEqual([
    ['', 'without a quest'],
    ['q-bad', 'quest q-bad'],
    ['q-good', 'quest q-good'],
  ]);
  expect(
    await triageBacklog(db.pool, {
      pauseId: id,
      by: 'quest',
      at: quests.at,
      cancel: ['q-bad'],
      park: [''],
      who: 'dana',
    }),
  ).toMatchObject({ cancelled: 1, parked: 1, left: 1 });
  await expect(readTriage(db.pool, '999999', 'age')).rejects.toMatchObject({ code: 'pause_not_found' });
  await unpauseScope(db.pool, { target: { id }, by: 'dana' });
  await expect(
    triageBacklog(db.pool, { pauseId: id, by: 'age', at: view.at, cancel: ['1h'], park: [], who: 'dana' }),
  ).rejects.toMatchObject({ code: 'pause_not_active' });
});

test('more than one call changes is gone through call by call', async () => {
  await add(db.pool, ...Array.from({ length: 620 }, () => ({ skill: 'debate' })));
  const id = await pauseSkill('debate');
  const { at } = await readTriage(db.pool, id, 'age');
  const order = { pauseId: id, by: 'age', at, cancel: ['1h'], park: [], who: 'dana' } as const;
  expect(await triageBacklog(db.pool, order)).toMatchObject({ cancelled: 500, again: true });
  expect(await triageBacklog(db.pool, order)).toMatchObject({ cancelled: 120, again: false });
});
