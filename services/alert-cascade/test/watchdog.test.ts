import {
  enqueueTasks,
  claimTasks,
  deferPaused,
  failRun,
  findTask,
  listTaskEvents,
  releaseRun,
} from '@orchestra/task-queue';
import { newTask, type ClaimedTask, type NewTask } from '@orchestra/task-queue/contract';
import { ageEvents, testDatabase, until } from '@orchestra/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { activeOf, NEVER_MS, pausesOf, startCascade, type Cascade } from './serving.ts';

const db = testDatabase();
const running: Cascade[] = [];
async function watch(config: Parameters<typeof startCascade>[1] = {}): Promise<Cascade> {
  const one = await startCascade(db, { watchEveryMs: 50, ...config });
  running.push(one);
  return one;
}

// What a pause leaves behind stays, so each test that is about pauses has an actor of its own.
beforeEach(async () => {
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  await db.pool.query('truncate tasks, task_event_rows, event_batches, senate_alerts');
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

const add = (...tasks: NewTask[]): Promise<string[]> =>
  enqueueTasks(
    db.pool,
    tasks.map((task) => newTask.parse(task)),
    'test',
  );
const claim = (): Promise<ClaimedTask[]> => claimTasks(db.pool, { worker: 'w-1', limit: 1 });
const alerts = async () =>
  (
    await db.pool.query<{ ref_id: string; kind: string; severity: string; run: string }>(
      "select ref_id, kind, severity, details ->> 'run_id' as run from senate_alerts order by id",
    )
  ).rows;
const looks = (one: Cascade) => one.metric('orchestra_watchdog_duration_seconds_count');

async function lookedAgain(one: Cascade): Promise<void> {
  const before = await looks(one);
  await until('two more looks', async () => (await looks(one)) > before + 1);
}

/** A worker that takes whatever it is given and fails at it, at once and again, until it is given nothing more. */
async function loopUntilBraked(): Promise<string[]> {
  const runs: string[] = [];
  while (runs.length < 5_000) {
    await db.pool.query("update tasks set next_eligible_at = now() where status = 'queued' and deferred_by is null");
    const [task] = await claim();
    if (task === undefined) return runs;
    runs.push(task.run_id);
    await failRun(db.pool, task.id, task.run_id, { error: 'boom', retry: true });
    // What a real worker does between two runs.
    await db.pool.query('update tasks set attempt = 0');
  }
  throw new Error('nothing stopped it');
}

test('P14 a task that loops brakes itself: the watchdog alerts, the actor is paused, its task is put off, others go on', async () => {
  await watch();
  const [looping = ''] = await add({ actor_id: 'acct-7', skill: 'debate' });
  const runs = await loopUntilBraked();
  expect(runs.length).toBeGreaterThanOrEqual(8);
  expect(await pausesOf(db.pool, 'acct-7')).toMatchObject([
    { paused_by: 'senate.auto', ttl_seconds: 1_800, cleared_by: null },
  ]);
  const raised = await alerts();
  expect(raised.length).toBeGreaterThanOrEqual(3);
  for (const alert of raised) expect(alert).toMatchObject({ ref_id: 'acct-7', kind: 'runaway', severity: 'critical' });
  expect(await findTask(db.pool, looping)).toMatchObject({ status: 'queued' });
  await deferPaused(db.pool);
  expect((await listTaskEvents(db.pool, looping, { limit: 200 })).at(-1)?.kind).toBe('deferred');
  const [other] = await add({ actor_id: 'acct-8' });
  expect(await claim()).toMatchObject([{ id: other }]);
});

test('never two alerts for one run, with three watchdogs and a fourth that starts afterwards', async () => {
  await Promise.all([watch(), watch(), watch()]);
  await add({ actor_id: 'acct-2' });
  const runs = await loopUntilBraked();
  await until(
    'an alert for each run given up from the sixth on',
    async () => (await alerts()).length >= runs.length - 5,
  );
  await lookedAgain(await watch());
  const raised = await alerts();
  expect(raised.map((alert) => alert.run).toSorted()).toEqual(runs.slice(5).toSorted());
  expect(await pausesOf(db.pool, 'acct-2')).toHaveLength(1);
});

test('P11 runs handed back at a pause raise nothing, however many', async () => {
  const one = await watch({ runaway: { runs: 2, givenUpShare: 0.5, windowMs: 3_600_000 } });
  await add({ actor_id: 'acct-7' });
  for (let round = 0; round < 10; round++) {
    const [task] = await claim();
    if (task !== undefined)
      await releaseRun(db.pool, task.id, task.run_id, { cause: round % 2 === 0 ? 'pause' : 'shutdown', cursor: round });
  }
  await lookedAgain(one);
  expect(await alerts()).toEqual([]);
});

test('runs that were given up while no watchdog ran are found when one starts', async () => {
  await add({ actor_id: 'acct-4' });
  for (let round = 0; round < 8; round++) {
    await db.pool.query('update tasks set next_eligible_at = now(), attempt = 0');
    const [task] = await claim();
    if (task !== undefined) await failRun(db.pool, task.id, task.run_id, { error: 'boom', retry: true });
  }
  await ageEvents(db.pool, '10 minutes');
  await watch({ watchEveryMs: NEVER_MS });
  await until('the pause', async () => (await activeOf(db.pool, 'acct-4')).length > 0);
  const [pause] = await pausesOf(db.pool, 'acct-4');
  expect(pause?.ttl_seconds).toBeGreaterThan(1_150);
  expect(pause?.ttl_seconds).toBeLessThanOrEqual(1_200);
});

test('the thresholds are settings', async () => {
  const one = await watch({ runaway: { runs: 3, givenUpShare: 1, windowMs: 3_600_000 } });
  await add({ actor_id: 'acct-7' });
  for (let round = 0; round < 3; round++) {
    await db.pool.query('update tasks set next_eligible_at = now()');
    const [task] = await claim();
    if (task !== undefined) await failRun(db.pool, task.id, task.run_id, { error: 'boom', retry: true });
  }
  // Counted once the statement that raised the alert has answered.
  await until('it is counted', async () => (await one.metric('orchestra_runaway_alerts_total')) === 1);
  expect(await alerts()).toHaveLength(1);
});
