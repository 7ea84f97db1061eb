import { testDatabase, until } from '@orchestra/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  completeRun,
  failRun,
  findTask,
  heartbeat,
  listRunsFromHere,
  listTaskEvents,
  readQueueView,
  reapDeadProcesses,
  reapFormerBoots,
  reapRuns,
  releaseRun,
} from '../src/index.ts';
import { add, claim } from './fixtures.ts';

const db = testDatabase();
const LEASE_SECONDS = 60;
const BOOT = '0b0f1c9e-6f0e-4a52-9a3e-3f1d8f0c5a01';
const FORMER_BOOT = '7c1f7b0a-0d1c-4b58-8f5e-0a4f8b6f5b02';
const HINTS = { host: 'box', pid: 4711, bootId: BOOT, pidNamespace: 'pid:[4026531836]', processStarted: 123_456 };

beforeEach(async () => {
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
});

const missHeartbeats = (seconds: number) =>
  db.pool.query(
    'update tasks set heartbeat_at = heartbeat_at - make_interval(secs => $1) where heartbeat_at is not null',
    [seconds],
  );
const totals = async () => (await readQueueView(db.pool, LEASE_SECONDS)).reaper;

/** A claim whose worker is lost, until the lease has passed. */
async function crash(): Promise<void> {
  expect(await claim(db.pool)).toHaveLength(1);
  await missHeartbeats(LEASE_SECONDS + 1);
  expect(await reapRuns(db.pool, LEASE_SECONDS)).toBe(1);
}

/** A claim whose run throws; the retry's delay is skipped. */
async function fail(id: string): Promise<string> {
  const [run] = await claim(db.pool);
  const { status } = await failRun(db.pool, id, run?.run_id ?? '', { error: 'boom', retry: true });
  await db.pool.query('update tasks set next_eligible_at = now()');
  return status;
}

describe('crashes and errors', () => {
  test('F31 a task that keeps killing its worker ends as failed, and says so', async () => {
    const [id = ''] = await add(db.pool, {});
    await crash();
    await crash();
    expect(await findTask(db.pool, id)).toMatchObject({ status: 'queued', crashes: 2, attempt: 0, result: null });
    await crash();
    const reason = 'its worker was lost 3 times while it ran, the last time because it sent no heartbeat for the lease';
    expect(await findTask(db.pool, id)).toMatchObject({
      status: 'failed',
      crashes: 3,
      run_id: null,
      result: { error: reason, crashes: 3, cause: 'lease' },
    });
    expect((await listTaskEvents(db.pool, id, { limit: 20 })).at(-1)).toMatchObject({
      kind: 'reaped',
      data: { status: 'failed', crashes: 3, cause: 'lease', reason },
    });
  });

  test('how many crashes a task may have can be set', async () => {
    const [id = ''] = await add(db.pool, { max_crashes: 1 });
    await crash();
    expect(await findTask(db.pool, id)).toMatchObject({ status: 'failed', crashes: 1 });
  });

  test('a crash uses up no attempt, and an error is no crash', async () => {
    const [id = ''] = await add(db.pool, { max_attempts: 2, max_crashes: 3 });
    await crash();
    expect(await fail(id)).toBe('queued');
    await crash();
    expect(await findTask(db.pool, id)).toMatchObject({ status: 'queued', attempt: 1, crashes: 2 });
    expect(await fail(id)).toBe('failed');
    expect(await findTask(db.pool, id)).toMatchObject({ status: 'failed', attempt: 2, crashes: 2 });
  });

  test('P11 a run handed back for a pause counts as neither', async () => {
    const [id = ''] = await add(db.pool, { max_attempts: 1, max_crashes: 1 });
    for (let round = 0; round < 3; round++) {
      const [run] = await claim(db.pool);
      await releaseRun(db.pool, id, run?.run_id ?? '', { cause: 'pause' });
    }
    expect(await findTask(db.pool, id)).toMatchObject({ status: 'queued', attempt: 0, crashes: 0 });
  });
});

describe('P15 on every way back to the queue nothing of the owner is left', () => {
  const LEFT = `select t.status, num_nonnulls(t.run_id, t.pid, t.started_at, t.heartbeat_at, t.boot_id,
                                              t.pid_namespace, t.process_started) as left
                  from tasks t
                 where t.id = $1`;

  test.each([
    ['released', (id: string, runId: string) => releaseRun(db.pool, id, runId, { cause: 'shutdown' })],
    ['failed', (id: string, runId: string) => failRun(db.pool, id, runId, { error: 'boom', retry: true })],
    [
      'lease',
      async () => {
        await missHeartbeats(LEASE_SECONDS + 1);
        await reapRuns(db.pool, LEASE_SECONDS);
      },
    ],
    ['process gone', (_id: string, runId: string) => reapDeadProcesses(db.pool, [runId])],
    [
      'other boot',
      async (_id: string, runId: string) => {
        await missHeartbeats(31);
        await reapFormerBoots(db.pool, [runId], 30);
      },
    ],
  ] as const)('P15 %s', async (_way, goBack) => {
    const [id = ''] = await add(db.pool, {});
    const [run] = await claim(db.pool, HINTS);
    expect((await db.pool.query(LEFT, [id])).rows).toEqual([{ status: 'running', left: 7 }]);
    await goBack(id, run?.run_id ?? '');
    expect((await db.pool.query(LEFT, [id])).rows).toEqual([{ status: 'queued', left: 0 }]);
  });

  test('P15 a queued row that names a process cannot be written', async () => {
    const [id] = await add(db.pool, {});
    await expect(
      db.pool.query('update tasks set boot_id = gen_random_uuid() where id = $1', [id]),
    ).rejects.toMatchObject({ constraint: 'tasks_queued_has_no_process' });
  });
});

describe('earlier than the lease', () => {
  const here = { boot_id: BOOT, pid_namespace: HINTS.pidNamespace, host: 'box' };

  test('the hints of a claim are kept on its run, and found from the same machine alone', async () => {
    await add(db.pool, {}, {});
    const [run] = await claim(db.pool, { ...HINTS, limit: 1 });
    await claim(db.pool, { host: 'box', pid: 4712 });
    const found = [
      {
        run_id: run?.run_id,
        host: 'box',
        pid: 4711,
        boot_id: BOOT,
        pid_namespace: HINTS.pidNamespace,
        process_started: 123_456,
      },
    ];
    expect(await listRunsFromHere(db.pool, here)).toEqual(found);
    expect(await listRunsFromHere(db.pool, { ...here, host: 'renamed' })).toEqual(found);
    expect(await listRunsFromHere(db.pool, { ...here, boot_id: FORMER_BOOT }), 'started anew').toEqual(found);
    expect(await listRunsFromHere(db.pool, { ...here, boot_id: FORMER_BOOT, host: 'elsewhere' })).toEqual([]);
    expect(
      await listRunsFromHere(db.pool, { ...here, pid_namespace: 'pid:[4026532201]' }),
      'another container',
    ).toEqual([]);
  });

  test('P10 a run is taken away by its run_id: one that has ended meanwhile, or has another owner by now, is left alone', async () => {
    const [done = '', again = ''] = await add(db.pool, {}, {});
    const [first, second] = await claim(db.pool, HINTS);
    await completeRun(db.pool, done, first?.run_id ?? '', 'done');
    await releaseRun(db.pool, again, second?.run_id ?? '', { cause: 'shutdown' });
    await claim(db.pool, { worker: 'w-next' });
    expect(await reapDeadProcesses(db.pool, [first?.run_id ?? '', second?.run_id ?? ''])).toBe(0);
    expect([await findTask(db.pool, done), await findTask(db.pool, again)]).toMatchObject([
      { status: 'succeeded' },
      { status: 'running', worker: 'w-next', crashes: 0 },
    ]);
  });

  test('P10 an ending that comes between the look and the change wins (F16)', async () => {
    const [id = ''] = await add(db.pool, {});
    const [run] = await claim(db.pool, HINTS);
    const finisher = await db.pool.connect();
    await finisher.query('begin');
    await completeRun(finisher, id, run?.run_id ?? '', 'done');
    expect(await reapDeadProcesses(db.pool, [run?.run_id ?? ''])).toBe(0);
    await finisher.query('commit');
    finisher.release();
    expect(await findTask(db.pool, id)).toMatchObject({ status: 'succeeded', crashes: 0 });
  });

  test('P10 a worker whose run was taken away early is refused all the same (F15)', async () => {
    const [id = ''] = await add(db.pool, {});
    const [run] = await claim(db.pool, HINTS);
    expect(await reapDeadProcesses(db.pool, [run?.run_id ?? ''])).toBe(1);
    await expect(completeRun(db.pool, id, run?.run_id ?? '', 'late')).rejects.toMatchObject({
      code: 'run_not_owner',
      message: expect.stringContaining('was reaped at'),
    });
    await expect(heartbeat(db.pool, id, run?.run_id ?? '')).rejects.toMatchObject({ code: 'run_not_owner' });
    expect((await listTaskEvents(db.pool, id, { limit: 10 })).at(-1)).toMatchObject({
      kind: 'reaped',
      data: { cause: 'process_gone', host: 'box', status: 'queued' },
    });
  });

  test('P10 a run that has been heard since the machine came up runs on another one of the same name', async () => {
    await add(db.pool, {});
    const [run] = await claim(db.pool, { ...HINTS, bootId: FORMER_BOOT });
    await missHeartbeats(20);
    expect(await reapFormerBoots(db.pool, [run?.run_id ?? ''], 30)).toBe(0);
    await missHeartbeats(20);
    expect(await reapFormerBoots(db.pool, [run?.run_id ?? ''], 30)).toBe(1);
  });
});

test('the totals say how many and why, once each under concurrent reapers, and outlive the events', async () => {
  const before = await totals();
  await add(db.pool, ...Array.from({ length: 60 }, () => ({})));
  await claim(db.pool, { ...HINTS, limit: 20 });
  const gone = (await listRunsFromHere(db.pool, { boot_id: BOOT, pid_namespace: HINTS.pidNamespace, host: 'box' })).map(
    (run) => run.run_id,
  );
  await claim(db.pool, { limit: 30 });
  await db.pool.query(
    "update tasks set heartbeat_at = heartbeat_at - interval '61 seconds' where status = 'running' and boot_id is null",
  );
  await Promise.all(
    Array.from({ length: 4 }, () => [reapRuns(db.pool, LEASE_SECONDS), reapDeadProcesses(db.pool, gone)]).flat(),
  );
  await db.pool.query('truncate task_event_rows, event_batches');
  const after = await totals();
  expect(after.reaped_total - before.reaped_total).toBe(50);
  expect(after.reaped_by_cause).toEqual({
    lease: before.reaped_by_cause.lease + 30,
    process_gone: before.reaped_by_cause.process_gone + 20,
    other_boot: before.reaped_by_cause.other_boot,
  });
});

test('two reapers that come to the totals at once both count (stepped)', async () => {
  await add(db.pool, {}, {});
  await claim(db.pool);
  await missHeartbeats(LEASE_SECONDS + 1);
  const before = await totals();
  const other = await db.pool.connect();
  await other.query('begin');
  await other.query('update reaper_totals set by_lease = by_lease + 1');
  const reaping = reapRuns(db.pool, LEASE_SECONDS);
  await until(
    'it waits for the other',
    async () =>
      (
        await db.pool.query(
          "select from pg_stat_activity a where a.datname = current_database() and a.wait_event_type = 'Lock'",
        )
      ).rowCount === 1,
  );
  await other.query('commit');
  other.release();
  expect(await reaping).toBe(2);
  expect((await totals()).reaped_by_cause.lease).toBe(before.reaped_by_cause.lease + 3);
});
