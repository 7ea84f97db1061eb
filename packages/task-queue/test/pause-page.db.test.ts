import { unpauseScope } from '@orchestra/pause-core';
import { testDatabase } from '@orchestra/testkit';
import { beforeEach, expect, test } from 'vitest';
import {
  announceQuiet,
  claimTasks,
  completeRun,
  listActivePauseViews,
  pauseWithReceipt,
  previewPause,
  readLabelNumbers,
  readPausePage,
  releaseRun,
} from '../src/index.ts';
import { add, claim, pause } from './fixtures.ts';

const db = testDatabase();
const SKEPTIC = { kind: 'agent', value: 'skeptic' } as const;

beforeEach(async () => {
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
});

test('the receipt of a pause tells later which runs it let go on, how each ended, and what it holds', async () => {
  const [first = '', second = ''] = await add(
    db.pool,
    { agent_id: 'skeptic' },
    { agent_id: 'skeptic' },
    { agent_id: 'skeptic' },
    { agent_id: 'librarian' },
  );
  const [ended] = await claim(db.pool, { limit: 1 });
  await completeRun(db.pool, first, ended?.run_id ?? '', null); // before the pause: none of its business
  const [goesOn] = await claim(db.pool, { limit: 1, host: 'laptop' });
  const {
    pause: { id },
  } = await pause(db.pool, SKEPTIC, 600);

  expect(await readPausePage(db.pool, id)).toMatchObject({
    pause: { id, queued: 1, quiet: false },
    in_flight_count: 1,
    held: { count: 1, more: false },
    other_pauses: [],
    admitted_before_count: 1,
    admitted_before: [
      { run: { task_id: second, run_id: goesOn?.run_id, host: 'laptop' }, ended_at: null, ended_as: null },
    ],
    timeline: [{ what: 'pause.created', by: 'dana', why: 'test' }],
  });

  await completeRun(db.pool, second, goesOn?.run_id ?? '', null);
  await unpauseScope(db.pool, { target: { id }, by: 'erin', reason: 'mended' });
  expect(await readPausePage(db.pool, id)).toMatchObject({
    pause: { id, cleared_by: 'erin' },
    in_flight: [],
    held: { count: 0 },
    admitted_before: [{ run: { task_id: second }, ended_at: expect.any(String), ended_as: 'completed' }],
    timeline: [{ what: 'pause.created' }, { what: 'pause.cleared', by: 'erin', why: 'mended' }],
  });
});

test('what is in flight is judged by the labels with which it was claimed, whatever its task carries since', async () => {
  const [away = '', into = ''] = await add(db.pool, { agent_id: 'skeptic', quest_id: 'q' }, { agent_id: 'librarian' });
  const runs = await claim(db.pool);
  expect(runs).toHaveLength(2);
  // Twice, and once back: what counts is what the run was claimed with.
  await db.pool.query("update tasks set agent_id = 'scribe' where id = $1", [away]);
  await db.pool.query("update tasks set agent_id = 'clerk', quest_id = null where id = $1", [away]);
  await db.pool.query("update tasks set agent_id = 'skeptic' where id = $1", [into]);
  const receipt = await pauseWithReceipt(db.pool, {
    scope: SKEPTIC,
    reason: 'r',
    ttlSeconds: null,
    by: 'dana',
    source: 'person',
  });
  expect(receipt).toMatchObject({
    in_flight_count: 1,
    in_flight: [{ task_id: away, agent_id: 'skeptic', quest_id: 'q' }],
  });
  expect(await listActivePauseViews(db.pool)).toMatchObject([{ in_flight_count: 1, quiet: false }]);
  expect(await previewPause(db.pool, { kind: 'quest', value: 'q' })).toMatchObject({
    in_flight_count: 1,
    other_pauses: [{ id: receipt.id }],
  });
  expect(await previewPause(db.pool, { kind: 'agent', value: 'librarian' })).toMatchObject({
    label_known: true,
    in_flight_count: 1,
    in_flight: [{ task_id: into }],
  });
  expect(await previewPause(db.pool, { kind: 'agent', value: 'clerk' })).toMatchObject({ in_flight_count: 0 });
  expect(await previewPause(db.pool, { kind: 'agent', value: 'sceptic' })).toMatchObject({
    label_known: false,
    near_labels: [{ scope_value: 'skeptic', in_flight_count: 1 }],
  });
  expect(
    (await readLabelNumbers(db.pool, { by: 'agent', limit: 10 })).labels.filter(({ running }) => running > 0),
  ).toMatchObject([
    { value: 'skeptic', running: 1 },
    { value: 'librarian', running: 1 },
  ]);
  expect(await readPausePage(db.pool, receipt.id)).toMatchObject({
    in_flight_count: 1,
    admitted_before: [{ run: { task_id: away, agent_id: 'skeptic' } }],
  });

  // The run of the task that was given another label goes on; only its end makes the pause quiet.
  await completeRun(db.pool, into, runs.find(({ id }) => id === into)?.run_id ?? '', null);
  expect(await announceQuiet(db.pool)).toBe(0);
  await releaseRun(db.pool, away, runs.find(({ id }) => id === away)?.run_id ?? '', { cause: 'shutdown' });
  expect(await announceQuiet(db.pool)).toBe(1);
  // The next run is claimed with what the task carries now.
  expect(await claim(db.pool)).toMatchObject([{ id: away, agent_id: 'clerk' }]);
  expect(await previewPause(db.pool, { kind: 'agent', value: 'clerk' })).toMatchObject({ in_flight_count: 1 });
  expect(await listActivePauseViews(db.pool)).toMatchObject([{ in_flight_count: 0, quiet: true }]);
});

test('there is no page of a pause that never was', async () => {
  expect(await readPausePage(db.pool, '999999')).toBeUndefined();
});

test('a preview tells the blast radius: how much of the queue, which quests stall, which repos stand still, which pauses are there already', async () => {
  await add(
    db.pool,
    { agent_id: 'skeptic', quest_id: 'alone' },
    { agent_id: 'skeptic', quest_id: 'shared' },
    { agent_id: 'librarian', quest_id: 'shared' },
    { agent_id: 'skeptic', repo: 'blocked' },
    { agent_id: 'librarian', repo: 'blocked' },
    { agent_id: 'librarian', repo: 'free' },
  );
  await pause(db.pool, { kind: 'quest', value: 'shared' });
  const preview = await previewPause(db.pool, SKEPTIC);
  expect(preview).toMatchObject({
    queued: 3,
    queued_share: 0.5,
    broad: false,
    in_flight_count: 0,
    quests: [
      { quest_id: 'alone', queued: 1, stalled: true },
      { quest_id: 'shared', queued: 1, stalled: false },
    ],
    repos: [{ repo: 'blocked', head_held: expect.any(String) }],
    other_pauses: [{ scope_kind: 'quest', scope_value: 'shared', also_holds: 1, also_holds_more: false }],
  });
  await add(db.pool, { agent_id: 'skeptic' });
  expect(await previewPause(db.pool, SKEPTIC)).toMatchObject({ broad: true });
  expect(await previewPause(db.pool, { kind: 'agent', value: 'nobody' })).toMatchObject({
    queued: 0,
    broad: false,
    quests: [],
    repos: [],
    other_pauses: [],
  });
  expect(await claimTasks(db.pool, { worker: 'w', limit: 100 })).not.toHaveLength(0); // nothing was written
});

test('a run that was claimed while the pause was being written is one that was admitted before it', async () => {
  const [slow = ''] = await add(db.pool, { agent_id: 'skeptic' }, { agent_id: 'skeptic' });
  const pausing = await db.pool.connect();
  await pausing.query('begin');
  const {
    rows: [row],
  } = await pausing.query<{ id: string }>(
    `insert into senate_pause (scope_kind, scope_value, paused_by, reason)
       values ('agent', 'skeptic', 'dana', 'slow to commit')
       returning id`,
  );
  const [run] = await claim(db.pool, { limit: 1 });
  await pausing.query('commit');
  pausing.release();
  const id = row?.id ?? '';
  expect(
    (await readPausePage(db.pool, id))?.admitted_before.map(({ run: { task_id }, ended_as }) => [task_id, ended_as]),
  ).toEqual([[slow, null]]);
  await completeRun(db.pool, slow, run?.run_id ?? '', null);
  await unpauseScope(db.pool, { target: { id }, by: 'dana' });
  await claim(db.pool, { limit: 1 });
  const after = await readPausePage(db.pool, id);
  expect(after?.admitted_before.map(({ run: { task_id }, ended_as }) => [task_id, ended_as])).toEqual([
    [slow, 'completed'],
  ]);
  expect(after?.admitted_before_count).toBe(1);
});

test('a run stands on the page of the pause that covered it when it was claimed, under whatever skill its task goes on', async () => {
  await add(db.pool, { repo: 'r-staged', pipeline: 'default', stage: 'development' });
  const [run] = await claim(db.pool);
  const {
    pause: { id: covering },
  } = await pause(db.pool, { kind: 'skill', value: 'development' });
  const {
    pause: { id: next },
  } = await pause(db.pool, { kind: 'skill', value: 'review' });
  await completeRun(db.pool, run?.id ?? '', run?.run_id ?? '', {});
  await db.pool.query("update senate_pause set scope_value = 'other' where id = $1", [covering]);
  expect(await readPausePage(db.pool, covering)).toMatchObject({
    admitted_before_count: 1,
    admitted_before: [{ run: { skill: 'development' }, ended_as: 'completed' }],
  });
  expect(await readPausePage(db.pool, next)).toMatchObject({ admitted_before_count: 0 });
});
