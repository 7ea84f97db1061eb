import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { claimTasks, enqueueTasks, findTask, listTaskEvents, type ClaimOrder } from '@orchestra/task-queue';
import { newTask } from '@orchestra/task-queue/contract';
import { lookAtProcess, ownProcessIdentity } from '@orchestra/task-queue/process-table';
import { testDatabase } from '@orchestra/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LookForTheDead } from '../src/loops/look-for-the-dead.ts';

const db = testDatabase();
const own = ownProcessIdentity();
const children: ChildProcess[] = [];
beforeEach(async () => {
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
});
afterEach(async () => {
  await Promise.all(children.splice(0).map(kill));
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** A process that stands for a worker, and what its claims would tell of it. */
function startProcess(): {
  child: ChildProcess;
  hints: Pick<ClaimOrder, 'host' | 'pid' | 'bootId' | 'pidNamespace'> & { processStarted: number };
} {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  children.push(child);
  const seen = child.pid === undefined ? 'gone' : lookAtProcess(child.pid);
  if (typeof seen === 'string' || child.pid === undefined) throw new Error('sleep did not start');
  return {
    child,
    hints: {
      host: hostname(),
      pid: child.pid,
      bootId: own?.boot_id,
      pidNamespace: own?.pid_namespace,
      processStarted: seen.startedAtTicks,
    },
  };
}

/** A task that runs for a worker with these hints; answers its id. */
async function runningFor(hints: Partial<ClaimOrder>): Promise<string> {
  const [id = ''] = await enqueueTasks(db.pool, [newTask.parse({})], 'test');
  expect(await claimTasks(db.pool, { worker: 'w-1', limit: 1, ...hints })).toMatchObject([{ id }]);
  return id;
}

const look = (goneForMs = 0) => new LookForTheDead({ db: db.pool, leaseSeconds: 60, goneForMs });
const statusOf = async (id: string) => (await findTask(db.pool, id))?.status;

/** How to get a pid namespace in which the next pid can be chosen; undefined where that is not allowed. */
const NAMESPACE = [
  ['--pid', '--fork', '--mount-proc'],
  ['--user', '--map-root-user', '--pid', '--fork', '--mount-proc'],
].find(
  (flags) =>
    spawnSync('unshare', [...flags, '/bin/sh', '-c', 'echo 100 > /proc/sys/kernel/ns_last_pid'], { stdio: 'ignore' })
      .status === 0,
);

describe.skipIf(own === undefined)('runs of dead workers on this machine', () => {
  test('P10 a run is taken away before its lease ends when its worker’s process has ended; one whose worker lives stays', async () => {
    const [dead, alive] = [startProcess(), startProcess()];
    const ids = [await runningFor(dead.hints), await runningFor(alive.hints)] as const;
    expect(await look().round({ heard: true })).toMatchObject({ processGone: 0 });
    await kill(dead.child);
    expect(await look().round({ heard: true })).toMatchObject({ processGone: 1 });
    expect([await statusOf(ids[0]), await statusOf(ids[1])]).toEqual(['queued', 'running']);
    expect((await listTaskEvents(db.pool, ids[0], { limit: 10 })).at(-1)).toMatchObject({
      kind: 'reaped',
      data: { cause: 'process_gone' },
    });
  });

  test('F13 a pid that lives and belongs to another process does not make a dead run look alive', async () => {
    const { child, hints } = startProcess();
    const id = await runningFor({ ...hints, processStarted: hints.processStarted - 100 });
    expect(process.kill(child.pid ?? 0, 0), 'somebody has the pid').toBe(true);
    expect(await look().round({ heard: true })).toMatchObject({ processGone: 1 });
    expect(await statusOf(id)).toBe('queued');
  });

  test.skipIf(NAMESPACE === undefined)(
    'F13 the same with a pid that the kernel has really given out twice',
    async () => {
      await enqueueTasks(db.pool, [newTask.parse({})], 'test');
      const { stdout } = await promisify(execFile)(
        'unshare',
        [...(NAMESPACE ?? []), process.execPath, fileURLToPath(new URL('reused-pid-fixture.ts', import.meta.url))],
        { env: { ...process.env, DATABASE_URL: db.url } },
      );
      expect(JSON.parse(stdout)).toEqual({
        claimed: true,
        whileAlive: 0,
        samePid: true,
        pidLives: true,
        afterwards: 1,
      });
    },
  );

  test('a frozen worker is not dead: its run is the lease’s', async () => {
    const { child, hints } = startProcess();
    const id = await runningFor(hints);
    child.kill('SIGSTOP');
    expect(await look().round({ heard: true })).toMatchObject({ processGone: 0, nextInMs: undefined });
    expect(await statusOf(id)).toBe('running');
  });

  test('P10 the next run waits until what the dead worker left behind has come to its end', async () => {
    const { child, hints } = startProcess();
    const id = await runningFor(hints);
    const patient = new LookForTheDead({ db: db.pool, leaseSeconds: 60 });
    await kill(child);
    expect(await patient.round({ heard: true, nowMs: 1_000 })).toEqual({
      processGone: 0,
      otherBoot: 0,
      nextInMs: 10_000,
    });
    expect(await patient.round({ heard: true, nowMs: 10_999 })).toMatchObject({ processGone: 0 });
    expect(await statusOf(id)).toBe('running');
    expect(await patient.round({ heard: true, nowMs: 11_000 })).toEqual({
      processGone: 1,
      otherBoot: 0,
      nextInMs: undefined,
    });
  });

  test('P10 a worker in another container is not judged, though nobody here has its pid', async () => {
    const { child, hints } = startProcess();
    const id = await runningFor({ ...hints, pidNamespace: 'pid:[1]' });
    await kill(child);
    expect(await look().round({ heard: true })).toMatchObject({ processGone: 0, otherBoot: 0 });
    expect(await statusOf(id)).toBe('running');
  });

  test('a claim that told less than all of it is the lease’s', async () => {
    const { child, hints } = startProcess();
    const { bootId: _boot, ...withoutBoot } = hints;
    const id = await runningFor(withoutBoot);
    await kill(child);
    expect(await look().round({ heard: true })).toMatchObject({ processGone: 0, otherBoot: 0 });
    expect(await statusOf(id)).toBe('running');
  });

  test('P10 a run of a former boot is taken away, once a living namesake could have been heard', async () => {
    const id = await runningFor({ ...startProcess().hints, bootId: '7c1f7b0a-0d1c-4b58-8f5e-0a4f8b6f5b02' });
    await db.pool.query("update tasks set heartbeat_at = heartbeat_at - interval '400 seconds'");
    const looking = look();
    expect(await looking.round({ heard: false, upForSeconds: 350 }), 'nobody could be heard').toMatchObject({
      otherBoot: 0,
    });
    expect(await looking.round({ heard: true, upForSeconds: 29 }), 'up for less than half the lease').toMatchObject({
      otherBoot: 0,
    });
    expect(await looking.round({ heard: true, upForSeconds: 1_000 }), 'heard since this machine came up').toMatchObject(
      { otherBoot: 0 },
    );
    expect(await statusOf(id)).toBe('running');
    expect(await looking.round({ heard: true, upForSeconds: 350 })).toMatchObject({ otherBoot: 1 });
    expect(await statusOf(id)).toBe('queued');
  });
});
