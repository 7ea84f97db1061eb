import { checkAutoPause, listActivePauses, unpauseScope } from '@orchestra/pause-core';
import { testDatabase } from '@orchestra/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { completeRun, failRun, raiseRunawayAlerts, reapRuns, releaseRun } from '../src/index.ts';
import type { NewTask } from '../src/contract/index.ts';
import { add, claim } from './fixtures.ts';

const db = testDatabase();

beforeEach(async () => {
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  await db.pool.query('truncate tasks, task_event_rows, event_batches, senate_alerts');
});

type Ending = 'completed' | 'failed' | 'gave_up' | 'pause' | 'shutdown' | 'reaped';

/** One run of a task, ended like this. */
async function run(taskId: string, ending: Ending): Promise<string> {
  await db.pool.query('update tasks set next_eligible_at = now() where id = $1', [taskId]);
  const claimed = (await claim(db.pool)).find((task) => task.id === taskId);
  if (claimed === undefined) throw new Error(`task ${taskId} was not claimed`);
  const { run_id: runId } = claimed;
  switch (ending) {
    case 'completed':
      await completeRun(db.pool, taskId, runId, null);
      break;
    case 'failed':
      await failRun(db.pool, taskId, runId, { error: 'boom', retry: true });
      break;
    case 'reaped':
      await db.pool.query("update tasks set heartbeat_at = heartbeat_at - interval '61 seconds' where id = $1", [
        taskId,
      ]);
      await reapRuns(db.pool, 60);
      break;
    default:
      await releaseRun(db.pool, taskId, runId, { cause: ending });
  }
  return runId;
}

/** One task of its own for each ending, so that only what they share can be judged. */
async function runEach(endings: Ending[], labels: NewTask): Promise<string[]> {
  const runs: string[] = [];
  for (const ending of endings) {
    const [id = ''] = await add(db.pool, labels);
    runs.push(await run(id, ending));
  }
  return runs;
}

const times = (count: number, ending: Ending): Ending[] => Array.from({ length: count }, () => ending);
const alerts = async () => (await db.pool.query('select * from senate_alerts order by created_at, id')).rows;

describe('when a run given up raises an alert', () => {
  test.each(['failed', 'gave_up', 'reaped'] as const)(
    'a task whose sixth run is given up as well (%s): one alert, and one more for each further run',
    async (ending) => {
      const [id = ''] = await add(db.pool, { actor_id: 'acct-1', max_attempts: 100, max_crashes: 100 });
      for (let count = 1; count <= 5; count++) await run(id, ending);
      expect(await raiseRunawayAlerts(db.pool)).toEqual([]);
      const sixth = await run(id, ending);
      expect(await raiseRunawayAlerts(db.pool)).toMatchObject([
        { run_id: sixth, task_id: id, actor_id: 'acct-1', about: 'task', ended_runs: 6, given_up: 6 },
      ]);
      const seventh = await run(id, ending);
      expect(await raiseRunawayAlerts(db.pool)).toMatchObject([{ run_id: seventh, ended_runs: 7 }]);
      expect(await alerts()).toMatchObject(
        [sixth, seventh].map((runId) => ({
          kind: 'runaway',
          ref_id: 'acct-1',
          severity: 'critical',
          details: { run_id: runId, task_id: id, about: 'task', window_seconds: 3_600 },
        })),
      );
    },
  );

  test('an actor over many tasks', async () => {
    const runs = await runEach(times(7, 'failed'), { actor_id: 'acct-1', max_attempts: 1 });
    expect(await raiseRunawayAlerts(db.pool)).toMatchObject(
      runs.slice(5).map((runId) => ({ run_id: runId, actor_id: 'acct-1', about: 'actor' })),
    );
  });

  test('an actor is judged by the runs that were claimed for it, whatever actor their tasks have been given since', async () => {
    await runEach(times(6, 'failed'), { actor_id: 'acct-1', max_attempts: 1 });
    await db.pool.query("update tasks set actor_id = 'acct-2'");
    expect(await raiseRunawayAlerts(db.pool)).toMatchObject([{ actor_id: 'acct-1', about: 'actor', ended_runs: 6 }]);
  });

  test('exactly half is enough, less is not', async () => {
    await runEach([...times(3, 'completed'), ...times(3, 'failed')], { actor_id: 'half', max_attempts: 1 });
    await runEach([...times(4, 'completed'), ...times(3, 'failed')], { actor_id: 'less', max_attempts: 1 });
    expect(await raiseRunawayAlerts(db.pool)).toMatchObject([{ actor_id: 'half', ended_runs: 6, given_up: 3 }]);
  });

  test('P11 runs handed back for a pause or a shutdown are no ended runs at all', async () => {
    await runEach([...times(20, 'pause'), ...times(20, 'shutdown')], { actor_id: 'acct-1' });
    await runEach(times(5, 'failed'), { actor_id: 'acct-1', max_attempts: 1 });
    expect(await raiseRunawayAlerts(db.pool)).toEqual([]);
    await runEach(times(1, 'failed'), { actor_id: 'acct-1', max_attempts: 1 });
    expect(await raiseRunawayAlerts(db.pool)).toMatchObject([{ ended_runs: 6, given_up: 6 }]);
  });

  test('tasks that act as nobody do not count together; one of them alone does, and its alert names no actor', async () => {
    await runEach(times(8, 'failed'), { max_attempts: 1 });
    expect(await raiseRunawayAlerts(db.pool)).toEqual([]);
    const [id = ''] = await add(db.pool, { max_attempts: 100 });
    for (let count = 1; count <= 6; count++) await run(id, 'failed');
    expect(await raiseRunawayAlerts(db.pool)).toMatchObject([{ task_id: id, actor_id: null }]);
    expect(await alerts()).toMatchObject([{ ref_id: null, severity: 'critical' }]);
  });

  test('other actors and their good runs are not mixed in', async () => {
    await runEach(times(6, 'completed'), { actor_id: 'good' });
    await runEach(times(5, 'failed'), { actor_id: 'bad', max_attempts: 1 });
    expect(await raiseRunawayAlerts(db.pool)).toEqual([]);
  });

  test('the thresholds are the caller’s', async () => {
    const runs = await runEach(['completed', 'failed', 'failed'], { actor_id: 'acct-1', max_attempts: 1 });
    expect(await raiseRunawayAlerts(db.pool, { runs: 3, givenUpShare: 0.7, windowMs: 60_000 })).toEqual([]);
    expect(await raiseRunawayAlerts(db.pool, { runs: 3, givenUpShare: 0.6, windowMs: 60_000 })).toMatchObject([
      { run_id: runs[2], ended_runs: 3, given_up: 2 },
    ]);
  });
});

describe('the window', () => {
  /** Endings of tasks of one actor, so many seconds ago. */
  async function ended(actor: string, endings: [secondsAgo: number, kind: 'completed' | 'failed'][]): Promise<void> {
    const [id] = await add(db.pool, { actor_id: actor });
    await db.pool.query(
      `insert into task_events (task_id, run_id, kind, by, at)
       select $1, gen_random_uuid(), e.kind, 'w-1', t.now - make_interval(secs => e.ago)
         from (select date_trunc('second', now()) as now) t, jsonb_to_recordset($2::jsonb) as e(ago float8, kind text)`,
      [id, JSON.stringify(endings.map(([ago, kind]) => ({ ago, kind })))],
    );
  }
  const fails = (secondsAgo: number[]): [number, 'failed'][] => secondsAgo.map((ago) => [ago, 'failed']);

  test('an ending exactly as old as the window does not count any more, one a second younger does', async () => {
    await ended('edge', fails([3_610, 50, 40, 30, 20, 10]));
    expect(await raiseRunawayAlerts(db.pool)).toEqual([]);
    await db.pool.query('truncate tasks, task_event_rows, event_batches');
    await ended('inside', fails([3_609, 50, 40, 30, 20, 10]));
    expect(await raiseRunawayAlerts(db.pool)).toMatchObject([{ ended_runs: 6 }]);
  });

  test('a run is judged by what had ended up to it: what came later neither saves nor damns it', async () => {
    await ended('acct-1', [
      ...fails([600, 590, 580, 570, 560, 550]),
      ...Array.from({ length: 20 }, (_, index): [number, 'completed'] => [500 - index, 'completed']),
    ]);
    expect(await raiseRunawayAlerts(db.pool)).toMatchObject([{ ended_runs: 6, given_up: 6 }]);
  });

  test('runs that ended at one instant count one after the other', async () => {
    await ended('acct-1', fails(Array.from({ length: 10 }, () => 5)));
    expect((await raiseRunawayAlerts(db.pool)).map((one) => one.ended_runs)).toEqual([6, 7, 8, 9, 10]);
  });

  test('runs from before the look-back raise nothing, but are what later ones are measured by', async () => {
    await ended('acct-1', fails([900, 890, 880, 870, 860, 850, 20]));
    expect(await raiseRunawayAlerts(db.pool, undefined, { lookBackMs: 30_000 })).toMatchObject([{ ended_runs: 7 }]);
    expect(await raiseRunawayAlerts(db.pool)).toMatchObject([{ ended_runs: 6 }]);
  });

  test('a watchdog that was down alerts with the time of the run: an actor that has long behaved is paused for the time left, or not at all', async () => {
    await ended('long-ago', fails([2_000, 1_990, 1_980, 1_970, 1_960, 1_950, 1_940, 1_930]));
    await ended('lately', fails([670, 660, 650, 640, 630, 620, 610, 600]));
    expect(await raiseRunawayAlerts(db.pool)).toHaveLength(6);
    expect(await checkAutoPause(db.pool, 'long-ago')).toBeNull();
    const late = await checkAutoPause(db.pool, 'lately');
    expect(late?.ttlSeconds).toBeGreaterThan(1_190);
    expect(late?.ttlSeconds).toBeLessThanOrEqual(1_200);
  });

  test('runs given up before a person cleared the auto-pause do not bring it back when they are noticed afterwards', async () => {
    await ended('acct-1', fails([70, 60, 50, 40, 30, 20, 15, 12]));
    await raiseRunawayAlerts(db.pool);
    expect(await checkAutoPause(db.pool, 'acct-1')).toMatchObject({ ttlSeconds: 1_800 });
    await ended('acct-1', fails([9, 8, 7, 6]));
    await unpauseScope(db.pool, { target: { kind: 'actor', value: 'acct-1' }, by: 'dana' });
    expect(await raiseRunawayAlerts(db.pool)).toHaveLength(4);
    expect(await checkAutoPause(db.pool, 'acct-1')).toBeNull();
    expect(await listActivePauses(db.pool)).toEqual([]);
  });
});

test('never two alerts for one run, however many watchdogs look at once and however often', async () => {
  await runEach(times(30, 'failed'), { actor_id: 'acct-1', max_attempts: 1 });
  const rounds = await Promise.all(Array.from({ length: 8 }, () => raiseRunawayAlerts(db.pool)));
  expect(rounds.flat()).toHaveLength(25);
  expect(await raiseRunawayAlerts(db.pool)).toEqual([]);
  const raised = await alerts();
  expect(new Set(raised.map((alert) => alert.details.run_id)).size).toBe(25);
  expect(raised).toHaveLength(25);
  const { rows } = await db.pool.query(
    "select by from senate_audit where action = 'alert.created' and subject_id = $1",
    [raised[0]?.id],
  );
  expect(rows).toEqual([{ by: 'senate.watchdog' }]);
});

test('a look that finds nothing writes nothing and rings no bell', async () => {
  await runEach(times(5, 'failed'), { actor_id: 'acct-1', max_attempts: 1 });
  const {
    rows: [before],
  } = await db.pool.query('select count(*) as events from senate_events');
  const listener = await db.pool.connect();
  const heard: string[] = [];
  listener.on('notification', ({ payload }) => heard.push(payload ?? ''));
  await listener.query('listen orchestra');
  await raiseRunawayAlerts(db.pool);
  await db.pool.query("select pg_notify('orchestra', 'end')");
  await listener.query('select 1');
  expect(heard).toEqual(['end']);
  listener.release(true);
  const {
    rows: [after],
  } = await db.pool.query('select count(*) as events from senate_events');
  expect(after?.events).toBe(before?.events);
});
