import { testDatabase } from '@orchestra/testkit';
import { beforeEach, expect, test } from 'vitest';
import {
  completeRun,
  endStoppedRun,
  failRun,
  fenceStops,
  findTask,
  forgetOldStops,
  heartbeat,
  listTaskEvents,
  readStop,
  settleStops,
  stopRuns,
  type StopOrder,
} from '../src/index.ts';
import { stopTasksRequest, type ClaimedTask } from '../src/contract/index.ts';
import { add, claim, ids, pause } from './fixtures.ts';
import { wrongGates } from './gate-recount.ts';

const db = testDatabase();

beforeEach(async () => {
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  await db.pool.query('truncate tasks, task_event_rows, event_batches, run_stops');
});

const order = (runs: StopOrder['runs'], more: Partial<StopOrder> = {}) =>
  stopRuns(db.pool, { runs, then: 'requeue', graceSeconds: 60, by: 'dana', reason: 'it burns money', ...more });
const begin = async (...tasks: Parameters<typeof add>[1][]): Promise<ClaimedTask[]> => {
  await add(db.pool, ...tasks);
  return claim(db.pool, { host: 'node-7' });
};
const graceIsOver = () =>
  db.pool.query("update run_stops set fence_at = now() - interval '1 second' where ended_at is null");
const lastEvent = async (id: string) => (await listTaskEvents(db.pool, id, { limit: 100 })).at(-1);
const counts = async (id: string | null) => {
  const stop = await readStop(db.pool, id ?? '0');
  return (
    stop && [
      stop.runs_count,
      stop.told_count,
      stop.obeyed_count,
      stop.ended_count,
      stop.fenced_count,
      stop.waiting_count,
    ]
  );
};

test('a run is told with its next heartbeat; when its worker has ended it, the task is back with its cursor and no attempt used', async () => {
  const [run] = await begin({ agent_id: 'skeptic' });
  if (run === undefined) throw new Error('nothing was claimed');
  expect(await heartbeat(db.pool, run.id, run.run_id)).toBeUndefined();
  const stop = await order({ ids: [run.id] });
  expect(stop).toMatchObject({
    asked_by: 'dana',
    then: 'requeue',
    runs_count: 1,
    told_count: 0,
    waiting_count: 1,
    runs: [{ task_id: run.id, state: 'asked', worker: 'w-1' }],
    passed_over: [],
    more: false,
  });
  expect(await lastEvent(run.id)).toMatchObject({
    kind: 'stopping',
    by: 'dana',
    run_id: run.run_id,
    data: { why: 'it burns money', becomes: 'queued' },
  });
  expect(await heartbeat(db.pool, run.id, run.run_id, 'printed')).toMatchObject({
    reason: 'it burns money',
    by: 'dana',
  });
  expect(await counts(stop.id)).toEqual([1, 1, 0, 0, 0, 1]);
  const ended = await endStoppedRun(db.pool, run.id, run.run_id, { index: 4 });
  expect(ended).toMatchObject({ status: 'queued', next_eligible_at: expect.any(String) });
  expect(await endStoppedRun(db.pool, run.id, run.run_id, { index: 5 })).toEqual(ended);
  expect(await counts(stop.id)).toEqual([1, 1, 1, 0, 0, 0]);
  expect(await findTask(db.pool, run.id)).toMatchObject({
    status: 'queued',
    attempt: 0,
    cursor: { index: 4 },
    run_id: null,
    last_run: { as: 'stopped', error: 'stopped: it burns money' },
  });
  expect(await lastEvent(run.id)).toMatchObject({
    kind: 'stopped',
    by: 'dana',
    data: { how: 'obeyed', worker: 'w-1', status: 'queued' },
  });
  expect(await claim(db.pool)).toMatchObject([{ id: run.id, attempt: 1, cursor: { index: 4 } }]);
});

const kindsOf = async (id: string): Promise<string[]> =>
  (await listTaskEvents(db.pool, id, { limit: 100 })).map(({ kind }) => kind);

test('with then cancel the task is cancelled, its repo goes on, and the audit has who stopped what', async () => {
  const [run] = await begin({ repo: 'r' }, { repo: 'r' });
  if (run === undefined) throw new Error('nothing was claimed');
  await order({ ids: [run.id] }, { then: 'cancel' });
  expect(await endStoppedRun(db.pool, run.id, run.run_id)).toEqual({ status: 'cancelled', next_eligible_at: null });
  expect(await findTask(db.pool, run.id)).toMatchObject({ status: 'cancelled', finished_at: expect.any(String) });
  expect(await kindsOf(run.id)).toEqual(['queued', 'claimed', 'stopping', 'stopped', 'cancelled']);
  expect(await claim(db.pool)).toHaveLength(1);
  expect(await wrongGates(db.pool)).toEqual([]);
  expect(
    (
      await db.pool.query(
        "select by, why, data from senate_audit where action = 'task.stopped' order by id desc limit 1",
      )
    ).rows,
  ).toMatchObject([{ by: 'dana', why: 'it burns money', data: { then: 'cancel', count: 1, ids: [run.id] } }]);
  expect(
    (await db.pool.query("select data from senate_events where type = 'run.stopping' order by id desc limit 1")).rows,
  ).toMatchObject([{ data: { task_ids: [run.id], reason: 'it burns money', then: 'cancel' } }]);
});

test('what is taken away to be cancelled was stopped first, also in its history', async () => {
  const runs = await begin({}, {}, {});
  await order({ ids: ids(runs) }, { then: 'cancel' });
  await graceIsOver();
  expect(await fenceStops(db.pool)).toBe(3);
  for (const { id } of runs)
    expect(await kindsOf(id)).toEqual(['queued', 'claimed', 'stopping', 'stopped', 'cancelled']);
});

test('P10 a run that is not ended in time is taken away: what it brings is refused, and the receipt says where it may still run', async () => {
  const [run, other] = await begin({ repo: 'r' }, {});
  if (run === undefined || other === undefined) throw new Error('nothing was claimed');
  const stop = await order({ ids: [run.id, other.id] });
  expect(await fenceStops(db.pool)).toBe(0);
  await endStoppedRun(db.pool, other.id, other.run_id);
  await graceIsOver();
  expect(await fenceStops(db.pool)).toBe(1);
  expect(await counts(stop.id)).toEqual([2, 1, 1, 0, 1, 0]);
  expect((await readStop(db.pool, stop.id ?? ''))?.runs[0]).toMatchObject({
    task_id: run.id,
    state: 'fenced',
    host: 'node-7',
    told_at: null,
  });
  await expect(heartbeat(db.pool, run.id, run.run_id)).rejects.toMatchObject({
    code: 'run_not_owner',
    message: expect.stringContaining('was stopped at'),
  });
  await expect(completeRun(db.pool, run.id, run.run_id, 1)).rejects.toMatchObject({ code: 'run_not_owner' });
  expect(await endStoppedRun(db.pool, run.id, run.run_id)).toMatchObject({ status: 'queued' });
  expect(await findTask(db.pool, run.id)).toMatchObject({ status: 'queued', attempt: 0 });
});

test('a run that comes to another end first counts as ended; its task is cancelled all the same where that was ordered', async () => {
  const [done, fails, again] = await begin({}, {}, {});
  if (done === undefined || fails === undefined || again === undefined) throw new Error('nothing was claimed');
  const stop = await order({ ids: [done.id, fails.id, again.id] }, { then: 'cancel' });
  await completeRun(db.pool, done.id, done.run_id, 1);
  await failRun(db.pool, fails.id, fails.run_id, { error: 'boom', retry: true });
  await failRun(db.pool, again.id, again.run_id, { error: 'boom', retry: true });
  await db.pool.query('update tasks set next_eligible_at = now() where id = $1', [again.id]);
  const [next] = await claim(db.pool);
  expect(next?.id).toBe(again.id);
  expect(await settleStops(db.pool)).toBeGreaterThan(30);
  expect(await counts(stop.id)).toEqual([4, 0, 0, 3, 0, 1]);
  expect(await findTask(db.pool, done.id)).toMatchObject({ status: 'succeeded' });
  expect(await findTask(db.pool, fails.id)).toMatchObject({ status: 'cancelled' });
  expect(await heartbeat(db.pool, again.id, next?.run_id ?? '')).toMatchObject({ reason: 'it burns money' });
  await endStoppedRun(db.pool, again.id, next?.run_id ?? '');
  expect(await findTask(db.pool, again.id)).toMatchObject({ status: 'cancelled' });
  expect(await settleStops(db.pool)).toBeUndefined();
});

test('runs are found by their tasks, by the labels with which they were claimed, by how long they run, and by a pause', async () => {
  const [agent, quest, slow] = await begin({ agent_id: 'a' }, { quest_id: 'q' }, {});
  await db.pool.query("update tasks set agent_id = 'b' where id = $1", [agent?.id]);
  await db.pool.query("update tasks set started_at = now() - interval '1 hour' where id = $1", [slow?.id]);
  const stopped = async (runs: StopOrder['runs']) => {
    const { runs: asked } = await order(runs);
    await db.pool.query('truncate run_stops');
    return asked.map(({ task_id: id }) => id);
  };
  expect(await stopped({ filter: { agent_id: 'a' } })).toEqual([agent?.id]);
  expect(await stopped({ filter: { agent_id: 'b' } })).toEqual([]);
  expect(await stopped({ filter: { running_longer_than_seconds: 600 } })).toEqual([slow?.id]);
  const { pause: made } = await pause(db.pool, { kind: 'quest', value: 'q' });
  expect(await stopped({ pauseId: made.id })).toEqual([quest?.id]);
  await expect(order({ pauseId: '999999' })).rejects.toMatchObject({ code: 'pause_not_found' });
  const first = await order({ filter: {} });
  expect(first.runs_count).toBe(3);
  expect(await order({ filter: {} })).toMatchObject({ id: null, runs_count: 0 });
  expect((await order({ ids: [slow?.id ?? ''] }, { then: 'cancel' })).runs).toMatchObject([
    { task_id: slow?.id, state: 'asked' },
  ]);
});

test('what does not run is passed over, with what to do; a run that nobody has stopped is not ended so', async () => {
  const [waits = '', done = ''] = await add(db.pool, { skill: 'x' }, {});
  const [run] = await claim(db.pool, { agents: undefined, skills: undefined, limit: 10 });
  expect(run?.id).toBe(waits);
  await expect(endStoppedRun(db.pool, waits, run?.run_id ?? '')).rejects.toMatchObject({ code: 'run_not_stopped' });
  await failRun(db.pool, waits, run?.run_id ?? '', { error: 'boom', retry: true });
  const [, second] = ids(await claim(db.pool));
  expect(second).toBeUndefined();
  const stop = await order({ ids: [waits, '999999'] });
  expect(stop).toMatchObject({
    id: null,
    passed_over: [
      { id: waits, says: `task ${waits} is queued, not running; \`orchestra task cancel ${waits}\` ends it` },
      { id: '999999', says: 'task 999999 not found' },
    ],
  });
  expect(done).toBeDefined();
});

test('orders are forgotten a day after their runs have ended', async () => {
  const [run] = await begin({});
  const stop = await order({ ids: [run?.id ?? ''] });
  expect(await forgetOldStops(db.pool)).toBe(0);
  await endStoppedRun(db.pool, run?.id ?? '', run?.run_id ?? '');
  await db.pool.query("update run_stops set ended_at = now() - interval '25 hours'");
  expect(await forgetOldStops(db.pool)).toBe(1);
  expect(await readStop(db.pool, stop.id ?? '')).toBeUndefined();
});

test('the contract takes one of ids, filter and pause_id', () => {
  expect(stopTasksRequest.parse({ ids: ['1'], reason: 'why' })).toMatchObject({ then: 'requeue', grace_seconds: 10 });
  expect(stopTasksRequest.safeParse({ ids: ['1'] }).success).toBe(false);
  expect(stopTasksRequest.safeParse({ reason: 'why' }).success).toBe(false);
  expect(stopTasksRequest.safeParse({ ids: ['1'], pause_id: '2', reason: 'why' }).success).toBe(false);
});
