import { testDatabase } from '@orchestra/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  actOnTasks,
  askQuestion,
  CANCEL,
  completeRun,
  failRun,
  findTask,
  freezeRepo,
  holdRun,
  listTaskEvents,
  listTasks,
  moveTasks,
  parkTask,
  previewAct,
  reapRuns,
  releaseRun,
  retryTasks,
  type Act,
  type Selection,
} from '../src/index.ts';
import { cancelTasksRequest, retryTasksRequest, type ClaimedTask } from '../src/contract/index.ts';
import { add, claim, ids, pause } from './fixtures.ts';
import { wrongGates } from './gate-recount.ts';

const db = testDatabase();
const BY = { by: 'dana', reason: 'the vendor is down' };

beforeEach(async () => {
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
});

const act = (what: Act, selection: Selection) => actOnTasks(db.pool, what, selection, BY);
const one = async (): Promise<ClaimedTask> => {
  const [run] = await claim(db.pool, { limit: 1 });
  if (run === undefined) throw new Error('there is nothing to claim');
  return run;
};
const failed = async (times = 1): Promise<void> => {
  for (let done = 0; done < times; done++) {
    const run = await one();
    await failRun(db.pool, run.id, run.run_id, { error: 'boom', retry: false });
  }
};
const lastEvent = async (id: string) => (await listTaskEvents(db.pool, id, { limit: 100 })).at(-1);
const lastAudit = async () =>
  (
    await db.pool.query(
      'select by, action, subject_kind, subject_id, why, data from senate_audit order by id desc limit 1',
    )
  ).rows[0];

describe('cancel', () => {
  test('what waits, is parked, asks or is held is cancelled, and its repo goes on; the history tells who and why', async () => {
    const [waits = '', parked = '', asks = '', held = '', next = ''] = await add(
      db.pool,
      {},
      {},
      {},
      { repo: 'r' },
      { repo: 'r' },
    );
    await parkTask(db.pool, waits, { name: 'eve' }, 'not now');
    await parkTask(db.pool, parked, { name: 'eve' }, 'not now');
    const asking = await one();
    expect(asking.id).toBe(asks);
    await askQuestion(db.pool, asks, asking.run_id, 'which branch?');
    const holding = await one();
    expect(holding.id).toBe(held);
    await holdRun(db.pool, held, holding.run_id, { says: 'the disk is full' });
    expect(await claim(db.pool)).toEqual([]);

    expect(await act(CANCEL, { ids: [waits, parked, asks, held] })).toEqual({
      changed: 4,
      changed_ids: [waits, parked, asks, held],
      passed_over: [],
      next_cursor: null,
    });
    expect(await findTask(db.pool, parked)).toMatchObject({
      status: 'cancelled',
      paused_at: null,
      finished_at: expect.any(String),
    });
    expect(await findTask(db.pool, held)).toMatchObject({ status: 'cancelled', held_at: null });
    expect(await lastEvent(held)).toMatchObject({
      kind: 'cancelled',
      by: 'dana',
      data: { why: 'the vendor is down', was: 'held' },
    });
    expect(await lastAudit()).toMatchObject({
      by: 'dana',
      action: 'task.cancelled',
      subject_kind: 'task',
      subject_id: waits,
      why: 'the vendor is down',
      data: { count: 4, ids: [waits, parked, asks, held] },
    });
    expect(ids(await claim(db.pool))).toEqual([next]);
    expect(await wrongGates(db.pool)).toEqual([]);
  });

  test('a task that runs, has ended or is not there is passed over, with what to do', async () => {
    const [running = '', done = ''] = await add(db.pool, {}, {});
    const [, second] = await claim(db.pool);
    await completeRun(db.pool, done, second?.run_id ?? '', null);
    const { passed_over: passedOver, changed } = await act(CANCEL, { ids: [running, done, '999999'] });
    expect(changed).toBe(0);
    expect(passedOver.map(({ says }) => says)).toEqual([
      `task ${running} is running; \`orchestra task stop ${running} --then cancel\` ends its run and cancels it`,
      `task ${done} has succeeded; there is nothing left to cancel`,
      'task 999999 not found',
    ]);
    expect(await findTask(db.pool, running)).toMatchObject({ status: 'running' });
  });

  test('a filter goes through in chunks, oldest first, and finds nothing that is added meanwhile', async () => {
    const some = (length: number) => add(db.pool, ...Array.from({ length }, () => ({ agent_id: 'skeptic' })));
    const before = [...(await some(1_000)), ...(await some(100)), ...(await add(db.pool, { agent_id: 'other' }))];
    const filter = { agent_id: 'skeptic' };
    expect(await previewAct(db.pool, CANCEL, { filter })).toMatchObject({
      count: 1_100,
      more: false,
      broad: true,
      first_ids: before.slice(0, 10),
    });
    const first = await act(CANCEL, { filter });
    expect(first).toMatchObject({ changed: 500, changed_ids: before.slice(0, 500), next_cursor: expect.any(String) });
    const [late = ''] = await add(db.pool, { agent_id: 'skeptic' });
    const second = await act(CANCEL, { filter, cursor: first.next_cursor ?? '' });
    const third = await act(CANCEL, { filter, cursor: second.next_cursor ?? '' });
    expect([second.changed, third.changed, third.next_cursor]).toEqual([500, 100, null]);
    expect(await findTask(db.pool, late)).toMatchObject({ status: 'queued' });
    expect(await findTask(db.pool, before[1_100] ?? '')).toMatchObject({ status: 'queued' });
  });

  test('a filter looks at every label, at the repo, at parking, at the pause over a task and at the time', async () => {
    const [agent = '', skill = '', quest = '', actor = '', repo = '', parked = ''] = await add(
      db.pool,
      { agent_id: 'a' },
      { skill: 's' },
      { quest_id: 'q' },
      { actor_id: 'c' },
      { repo: 'r' },
      {},
    );
    await parkTask(db.pool, parked, { name: 'eve' }, 'later');
    const { pause: made } = await pause(db.pool, { kind: 'quest', value: 'q' });
    const finds = async (filter: Selection['filter']) => (await previewAct(db.pool, CANCEL, { filter })).first_ids;
    expect(await finds({ agent_id: 'a' })).toEqual([agent]);
    expect(await finds({ skill: 's' })).toEqual([skill]);
    expect(await finds({ quest_id: 'q' })).toEqual([quest]);
    expect(await finds({ actor_id: 'c' })).toEqual([actor]);
    expect(await finds({ repo: 'r' })).toEqual([repo]);
    expect(await finds({ parked: true })).toEqual([parked]);
    expect(await finds({ held_by: made.id })).toEqual([quest]);
    expect(await finds({ created_until: '2020-01-01T00:00:00Z' })).toEqual([]);
    expect(await finds({ status: 'held' })).toEqual([]);
    expect(await finds({})).toHaveLength(6);
  });

  test('a repeated call with its key does nothing twice', async () => {
    const [id = ''] = await add(db.pool, {});
    const idempotency = { principal: 'token:1', key: 'k-1', request: { ids: [id] } };
    const first = await actOnTasks(db.pool, CANCEL, { ids: [id] }, { ...BY, idempotency });
    await act(retryTasks(false), { ids: [id] });
    expect(await actOnTasks(db.pool, CANCEL, { ids: [id] }, { ...BY, idempotency })).toEqual(first);
    expect(await findTask(db.pool, id)).toMatchObject({ status: 'queued' });
  });
});

describe('retry', () => {
  test('a failed task comes back in its old place with all its attempts and its cursor', async () => {
    const [first = '', second = ''] = await add(db.pool, { max_attempts: 2 }, {});
    const run = await one();
    await releaseRun(db.pool, first, run.run_id, { cause: 'shutdown', cursor: { index: 3 } });
    await failed();
    expect(await findTask(db.pool, first)).toMatchObject({ status: 'failed', attempt: 1 });
    expect(await act(retryTasks(false), { ids: [first] })).toMatchObject({ changed: 1 });
    expect(await findTask(db.pool, first)).toMatchObject({
      status: 'queued',
      attempt: 0,
      crashes: 0,
      finished_at: null,
      last_run: { as: 'failed', error: 'boom' },
    });
    expect(await lastEvent(first)).toMatchObject({
      kind: 'requeued',
      by: 'dana',
      data: { was: 'failed', why: 'the vendor is down' },
    });
    const claimed = await claim(db.pool);
    expect(claimed).toMatchObject([{ id: first, attempt: 1, cursor: { index: 3 } }, { id: second }]);
    await failRun(db.pool, first, claimed[0]?.run_id ?? '', { error: 'boom', retry: false });
    await act(retryTasks(true), { ids: [first] });
    expect(await claim(db.pool)).toMatchObject([{ id: first, cursor: null }]);
  });

  test('one that was taken from lost workers has its crashes given back; a lane that is gone is made again', async () => {
    const [id = ''] = await add(db.pool, { repo: 'r', skill: 'rare', max_crashes: 1 });
    await one();
    await db.pool.query("update tasks set heartbeat_at = now() - interval '1 hour'");
    expect(await reapRuns(db.pool, 30)).toBe(1);
    expect(await findTask(db.pool, id)).toMatchObject({ status: 'failed', crashes: 1 });
    await db.pool.query('delete from task_lanes');
    await act(retryTasks(false), { ids: [id] });
    expect(await claim(db.pool)).toMatchObject([{ id, attempt: 1 }]);
    expect(await wrongGates(db.pool)).toEqual([]);
  });

  test('a filter means those that failed, and those that were cancelled only by name; a question without an answer is forgotten', async () => {
    const [fails = '', cancelled = ''] = await add(db.pool, {}, {});
    await failed();
    const run = await one();
    await askQuestion(db.pool, cancelled, run.run_id, 'which branch?');
    await act(CANCEL, { ids: [cancelled] });
    expect(await act(retryTasks(false), { filter: {} })).toMatchObject({ changed_ids: [fails] });
    expect(await act(retryTasks(false), { filter: { status: 'cancelled' } })).toMatchObject({
      changed_ids: [cancelled],
    });
    expect(await findTask(db.pool, cancelled)).toMatchObject({ status: 'queued', questions: null, asked_at: null });
  });

  test('what did not fail is passed over, with what to do', async () => {
    const [waits = '', held = ''] = await add(db.pool, {}, { skill: 'x' });
    const [run] = await claim(db.pool, { skills: ['x'] });
    await holdRun(db.pool, held, run?.run_id ?? '', { says: 'no disk' });
    const { passed_over: passedOver } = await act(retryTasks(false), { ids: [waits, held] });
    expect(passedOver.map(({ says }) => says)).toEqual([
      `task ${waits} is queued already`,
      `task ${held} is held, and used no attempt; \`orchestra task release ${held}\` lets it go on`,
    ]);
  });

  test('a task under a pause waits under it, and one of a frozen repo for its gate', async () => {
    const [paused = '', frozen = ''] = await add(db.pool, { agent_id: 'skeptic' }, { repo: 'closed' });
    await failed(2);
    await pause(db.pool, { kind: 'agent', value: 'skeptic' });
    await freezeRepo(db.pool, 'closed', 'eve', 'closed');
    await act(retryTasks(false), { ids: [paused, frozen] });
    expect(await claim(db.pool)).toEqual([]);
  });
});

describe('move', () => {
  test('a task that is moved goes before or behind others, in every line that it stands in', async () => {
    const [first = '', second = '', third = '', inRepo = '', alsoInRepo = ''] = await add(
      db.pool,
      {},
      {},
      {},
      { repo: 'r' },
      { repo: 'r' },
    );
    expect(await act(moveTasks(-5), { ids: [third, alsoInRepo] })).toMatchObject({ changed: 2 });
    expect(await lastEvent(third)).toMatchObject({
      kind: 'moved',
      data: { from: 0, to: -5, why: 'the vendor is down' },
    });
    expect(await act(moveTasks(-5), { ids: [third] })).toMatchObject({
      changed: 0,
      passed_over: [{ id: third, says: `task ${third} has priority -5 already` }],
    });
    expect(await wrongGates(db.pool)).toEqual([]);
    expect(ids(await claim(db.pool))).toEqual([third, alsoInRepo, first, second]);
    expect(inRepo).toBeDefined();
  });

  test('a filter that meets 500 tasks which stand there already goes on behind them', async () => {
    await add(db.pool, ...Array.from({ length: 501 }, () => ({ priority: 7 })), {});
    expect(await previewAct(db.pool, moveTasks(7), { filter: {} })).toMatchObject({ count: 1 });
    expect(await act(moveTasks(7), { filter: {} })).toMatchObject({ changed: 1, next_cursor: null });
  });

  test('a running task comes back with the priority that it was given', async () => {
    const [first = '', second = ''] = await add(db.pool, {}, {});
    const run = await one();
    await act(moveTasks(9), { ids: [first] });
    await releaseRun(db.pool, first, run.run_id, { cause: 'shutdown' });
    expect(ids(await claim(db.pool))).toEqual([second, first]);
  });
});

test('why it failed stands with the task: error, attempt, when it began and finished, how long it ran', async () => {
  const [id = '', lost = '', waits = ''] = await add(db.pool, { max_attempts: 1 }, {}, {});
  await failed();
  await one();
  await db.pool.query("update tasks set heartbeat_at = now() - interval '1 hour' where id = $1", [lost]);
  await reapRuns(db.pool, 30);
  const task = await findTask(db.pool, id);
  expect(task).toMatchObject({
    status: 'failed',
    last_run: { as: 'failed', error: 'boom', attempt: 1, worker: 'w-1', started_at: expect.any(String) },
  });
  expect(task?.last_run?.duration_ms).toBeGreaterThanOrEqual(0);
  expect(task?.finished_at).toBe(task?.last_run?.ended_at);
  expect(await findTask(db.pool, lost)).toMatchObject({
    finished_at: null,
    last_run: { as: 'reaped', error: expect.stringContaining('its worker was lost') },
  });
  expect(await findTask(db.pool, waits)).toMatchObject({ finished_at: null, last_run: null });
  const [, , third = ''] = ids(await listTasks(db.pool, { limit: 10 }));
  expect(third).toBe(id);
  await failRun(db.pool, lost, (await one()).run_id, { error: 'x'.repeat(5_000), retry: false });
  expect((await listTasks(db.pool, { status: 'failed', limit: 10 }))[0]?.last_run?.error).toHaveLength(500);
  expect((await findTask(db.pool, lost))?.last_run?.error).toHaveLength(5_000);
});

test('runs that are longer under way than a time are found by it', async () => {
  const [long = ''] = await add(db.pool, {}, {}, {});
  await claim(db.pool, { limit: 2 });
  await db.pool.query("update tasks set started_at = now() - interval '1 hour' where id = $1", [long]);
  expect(ids(await listTasks(db.pool, { runningLongerThanSeconds: 600, limit: 10 }))).toEqual([long]);
});

test('the contract takes either ids or a filter, and only what the act is for', () => {
  expect(cancelTasksRequest.safeParse({ ids: ['1'] }).success).toBe(true);
  expect(cancelTasksRequest.safeParse({}).success).toBe(false);
  expect(cancelTasksRequest.safeParse({ ids: ['1'], filter: {} }).success).toBe(false);
  expect(cancelTasksRequest.safeParse({ filter: { status: 'running' } }).success).toBe(false);
  expect(cancelTasksRequest.safeParse({ ids: ['1'], cursor: '1-2' }).success).toBe(false);
  expect(retryTasksRequest.safeParse({ filter: { status: 'failed' }, cursor: '1-2' }).success).toBe(true);
});
