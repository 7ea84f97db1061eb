import { makeLogger, makeMetrics } from '@orchestra/service-shell';
import { claimTasks, enqueueTasks, findTask, heartbeat, readQueueView } from '@orchestra/task-queue';
import { newTask } from '@orchestra/task-queue/contract';
import { ageEvents, testDatabase, until } from '@orchestra/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { Hearing } from '../src/loops/hearing.ts';
import { LookForTheDead } from '../src/loops/look-for-the-dead.ts';
import { reap, type ReaperOptions } from '../src/loops/reap.ts';
import { makeQueueMetrics } from '../src/queue-metrics.ts';
import { serve } from './serving.ts';

const db = testDatabase();
const add = (count: number) =>
  enqueueTasks(
    db.pool,
    Array.from({ length: count }, () => newTask.parse({})),
    'test',
  );
const LISTENED = { listenMs: 0, everyMs: 15_000 };

beforeEach(async () => {
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
  await db.pool.query('update reaper_totals set impossible_queued = 0');
});

function reaper(hearing: Hearing): ReaperOptions {
  return {
    db: db.pool,
    leaseSeconds: 60,
    log: makeLogger({ service: 'test', level: 'silent' }),
    onReturned: () => {},
    heal: true,
    hearing,
    metrics: makeQueueMetrics(makeMetrics('test'), { waiters: () => 0, attachedFailing: () => 0 }),
    theDead: new LookForTheDead({ db: db.pool, leaseSeconds: 60 }),
  };
}

test('P10 after an outage that outlasted every lease no run is taken away before its worker could be heard', async () => {
  const [alive = '', dead = ''] = await add(2);
  const runs = await claimTasks(db.pool, { worker: 'w-1', limit: 2 });
  await db.pool.query("update tasks set heartbeat_at = heartbeat_at - interval '10 minutes'");
  expect(await reap(reaper(new Hearing({ listenMs: 30_000, everyMs: 15_000 })))).toBeGreaterThan(29_000);
  await heartbeat(db.pool, alive, runs.find((run) => run.id === alive)?.run_id ?? '');
  await reap(reaper(new Hearing(LISTENED)));
  expect([await findTask(db.pool, alive), await findTask(db.pool, dead)]).toMatchObject([
    { status: 'running' },
    { status: 'queued' },
  ]);
});

test('P10 a worker that lives and sends no heartbeat loses its run when the lease has passed: its hints keep nothing', async () => {
  const [id = ''] = await add(1);
  const { ownProcessIdentity } = await import('@orchestra/task-queue/process-table');
  const own = ownProcessIdentity();
  await claimTasks(db.pool, {
    worker: 'w-1',
    limit: 1,
    host: 'here',
    pid: process.pid,
    bootId: own?.boot_id,
    pidNamespace: own?.pid_namespace,
    processStarted: own?.process_started,
  });
  await reap(reaper(new Hearing(LISTENED)));
  expect(await findTask(db.pool, id)).toMatchObject({ status: 'running' });
  await db.pool.query("update tasks set heartbeat_at = heartbeat_at - interval '61 seconds'");
  await reap(reaper(new Hearing(LISTENED)));
  expect(await findTask(db.pool, id)).toMatchObject({ status: 'queued', crashes: 1 });
});

test('each tick is written down, also one that had nothing to do', async () => {
  await db.pool.query('update reaper_totals set last_tick_at = null');
  await reap(reaper(new Hearing(LISTENED)));
  expect((await readQueueView(db.pool, 60)).reaper.last_tick_at).toEqual(expect.any(String));
});

describe('while nothing runs', () => {
  /** Reaps, and tells how many statements that took. */
  async function statementsOfReap(): Promise<number> {
    let statements = 0;
    const count = (): void => {
      statements += 1;
    };
    db.pool.on('acquire', count);
    await reap(reaper(new Hearing(LISTENED)));
    db.pool.off('acquire', count);
    return statements;
  }
  const tickedAt = async (): Promise<unknown> =>
    (await db.pool.query('select s.last_tick_at from reaper_totals s')).rows;

  test('a round is one statement, and is written down', async () => {
    await add(3);
    const before = await tickedAt();
    expect(await statementsOfReap()).toBe(1);
    expect(await tickedAt()).not.toEqual(before);
  });

  test('P10 a run that began since is found by the next round', async () => {
    const [id = ''] = await add(1);
    await reap(reaper(new Hearing(LISTENED)));
    await claimTasks(db.pool, { worker: 'w-1', limit: 1 });
    await db.pool.query("update tasks set heartbeat_at = heartbeat_at - interval '61 seconds'");
    expect(await statementsOfReap()).toBeGreaterThan(1);
    expect(await findTask(db.pool, id)).toMatchObject({ status: 'queued', crashes: 1 });
  });

  test.each(['pid = 4711', 'run_id = gen_random_uuid()', 'started_at = now()'])(
    'P15 an impossible row is found and healed all the same: %s',
    async (owner) => {
      const [id = ''] = await add(1);
      await db.pool.query('alter table tasks drop constraint tasks_queued_is_unowned');
      await db.pool.query(`update tasks set ${owner} where id = $1`, [id]);
      await reap(reaper(new Hearing(LISTENED)));
      await db.pool.query(
        `alter table tasks add constraint tasks_queued_is_unowned check (status <> 'queued'
           or (run_id is null and pid is null and started_at is null))`,
      );
      expect(await findTask(db.pool, id)).toMatchObject({ status: 'queued', pid: null, started_at: null });
    },
  );
});

test('P15 healing can be switched off, and says so', async () => {
  const [id = ''] = await add(1);
  await db.pool.query('alter table tasks drop constraint tasks_queued_is_unowned');
  await db.pool.query('update tasks set pid = 4711 where id = $1', [id]);
  await db.pool.query(
    `alter table tasks add constraint tasks_queued_is_unowned check (status <> 'queued'
       or (run_id is null and pid is null and started_at is null)) not valid`,
  );
  const service = await serve(db, { heal: 'off', reapEveryMs: 20 });
  try {
    const {
      reaper: { last_tick_at: first },
    } = await service.queue();
    await until('it has ticked again', async () => (await service.queue()).reaper.last_tick_at !== first);
    expect((await service.queue()).reaper).toMatchObject({ heal: 'off', impossible_queued_total: 0 });
    expect(await service.task(id)).toMatchObject({ pid: 4711 });
  } finally {
    await service.stop();
  }
});

test('P12 old finished tasks are deleted where a retention is set, and by nobody else', async () => {
  const [id = ''] = await add(1);
  const keeping = await serve(db);
  const [run] = await keeping.claim();
  await keeping.post(`/api/tasks/${id}/complete`, { run_id: run?.run_id });
  await ageEvents(db.pool, '400 days');
  await keeping.stop();
  expect(await findTask(db.pool, id)).toMatchObject({ status: 'succeeded' });
  const forgetting = await serve(db, { retentionDays: 365 });
  try {
    await until('it is deleted', async () => (await findTask(db.pool, id)) === undefined);
    expect((await forgetting.get(`/api/tasks/${id}`)).status).toBe(404);
    await until('it is counted', async () => (await forgetting.metric('orchestra_tasks_forgotten_total')) === 1);
  } finally {
    await forgetting.stop();
  }
});

describe('rows that bear no change', () => {
  const RULE = "check (status <> 'queued' or (run_id is null and pid is null and started_at is null))";

  /** From now on whoever changes one of these rows is refused, as by a constraint that an older schema did not have. */
  async function refuseChangesOf(ids: readonly string[], work: () => Promise<void>): Promise<void> {
    await db.pool.query(
      `create function refuse_change() returns trigger language plpgsql as $$ begin raise exception 'this row bears no change' using errcode = '23514'; end $$`,
    );
    await db.pool.query(
      `create trigger refuse_change before update on tasks for each row when (old.id in (${ids.join(', ')}))
         execute function refuse_change()`,
    );
    try {
      await work();
    } finally {
      await db.pool.query('drop trigger refuse_change on tasks');
      await db.pool.query('drop function refuse_change()');
    }
  }

  test('P15 one stops neither the service’s start, nor the healing of others, nor any reaping; it is counted and told of', async () => {
    const [bad = '', good = '', lost = '', badLost = ''] = await add(4);
    await claimTasks(db.pool, { worker: 'w-1', limit: 4 });
    await db.pool.query("update tasks set heartbeat_at = heartbeat_at - interval '10 minutes' where id in ($1, $2)", [
      lost,
      badLost,
    ]);
    await db.pool.query('alter table tasks drop constraint tasks_queued_is_unowned');
    await db.pool.query("update tasks set status = 'queued' where id in ($1, $2)", [bad, good]);
    await db.pool.query(`alter table tasks add constraint tasks_queued_is_unowned ${RULE} not valid`);
    await refuseChangesOf([bad, badLost], async () => {
      const service = await serve(db, { reapEveryMs: 3_600_000 });
      try {
        // By its start alone.
        expect(await service.eventKinds(good)).toEqual(['queued', 'claimed', 'healed']);
        expect((await service.queue()).reaper).toMatchObject({ rows_failing: 1, impossible_queued_total: 1 });
        expect(await service.metric('orchestra_reaper_rows_failing')).toBe(1);
      } finally {
        await service.stop();
      }
      await reap(reaper(new Hearing(LISTENED)));
      expect(await findTask(db.pool, lost)).toMatchObject({ status: 'queued', crashes: 1 });
      expect(await findTask(db.pool, badLost)).toMatchObject({ status: 'running' });
      expect((await readQueueView(db.pool, 60)).reaper).toMatchObject({
        rows_failing: 2,
        reaped_by_cause: { lease: expect.any(Number) },
      });
    });
    await reap(reaper(new Hearing(LISTENED)));
    expect((await readQueueView(db.pool, 60)).reaper.rows_failing).toBe(0);
    expect(await findTask(db.pool, badLost)).toMatchObject({ status: 'queued', crashes: 1 });
    expect(await findTask(db.pool, bad)).toMatchObject({ status: 'queued', run_id: null });
  });
});
