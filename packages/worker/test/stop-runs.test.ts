import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StopView } from '@orchestra/pause-core/contract';
import { until } from '@orchestra/testkit';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { createCommandHandler, type RunAborted } from '../src/index.ts';
import { fresh, gate, startOrchestra } from './orchestra.ts';
import { WorkerProcess } from './worker-process.ts';

// The lease is so long that no heartbeat of its own and no reaper can have a part in this.
const orchestra = startOrchestra({ leaseSeconds: 3_600 });
const processes: WorkerProcess[] = [];
afterEach(() => Promise.all(processes.splice(0).map((one) => one.kill())));

const stop = (ids: string[], more: { then?: 'requeue' | 'cancel'; grace_seconds?: number } = {}) =>
  orchestra.admin.stopTasks({ ids, reason: 'it burns money', grace_seconds: 60, ...more });
const settled = (ordered: StopView) =>
  until(
    'nothing is waited for any more',
    async () => {
      const now = await orchestra.admin.stopOrder(ordered.id ?? '');
      return now.waiting_count === 0 ? now : undefined;
    },
    30_000,
  );
const isAlive = (pid: number): boolean => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .startsWith('Z');
  } catch {
    return false;
  }
};

test('a handler is told by its signal, with the reason; its task goes back with its cursor and no attempt used', async () => {
  const skill = fresh('stop');
  const began = gate();
  const reasons: unknown[] = [];
  const { worker, heard } = orchestra.worker({
    handlers: {
      [skill]: async (_task, { signal, saveCursor }) => {
        saveCursor({ page: 7 });
        began.open();
        await new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reasons.push(signal.reason);
            reject(signal.reason as Error);
          });
        });
      },
    },
  });
  await worker.start();
  const {
    ids: [id = ''],
  } = await orchestra.admin.enqueue({ skill });
  await began.opened;
  await orchestra.admin.park({ task_id: id, reason: 'it shall not begin again here' });
  const ordered = await stop([id]);
  expect(await settled(ordered)).toMatchObject({ runs_count: 1, told_count: 1, obeyed_count: 1, fenced_count: 0 });
  expect((reasons[0] as RunAborted).why).toBe('stopped');
  expect((reasons[0] as RunAborted).message).toBe('dana has it stopped: it burns money');
  expect(await orchestra.admin.task(id)).toMatchObject({ status: 'queued', attempt: 0, cursor: { page: 7 } });
  await heard.first('run-stopped');
  expect(await orchestra.story(id)).toEqual(expect.arrayContaining(['claimed', 'stopping', 'stopped']));
});

test('one that ends well all the same is done; one that looks at a checkpoint stops there, and is cancelled where that was ordered', async () => {
  const [well, loops] = [fresh('well'), fresh('loops')];
  const [began, looping] = [gate(), gate()];
  const { worker } = orchestra.worker({
    concurrency: 2,
    handlers: {
      [well]: async (_task, { signal }) => {
        began.open();
        await new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => resolve());
        });
        return { saved: true };
      },
      [loops]: async (_task, { checkpoint }) => {
        for (let round = 0; round < Infinity; round++) {
          await checkpoint();
          looping.open();
        }
      },
    },
  });
  await worker.start();
  const {
    ids: [done = '', looped = ''],
  } = await orchestra.admin.enqueue({ tasks: [{ skill: well }, { skill: loops }] });
  await Promise.all([began.opened, looping.opened]);
  const ordered = await stop([done, looped], { then: 'cancel' });
  expect(await settled(ordered)).toMatchObject({ runs_count: 2, obeyed_count: 1, ended_count: 1 });
  expect(await orchestra.admin.task(done)).toMatchObject({ status: 'succeeded', result: { saved: true } });
  expect(await orchestra.admin.task(looped)).toMatchObject({ status: 'cancelled' });
});

test('P10 a handler that ignores its signal is fenced: its task goes on without it, and what it brings is refused', async () => {
  const skill = fresh('deaf');
  const [began, end] = [gate(), gate()];
  const { worker, heard } = orchestra.worker({
    handlers: {
      [skill]: async () => {
        began.open();
        await end.opened;
        return 'late';
      },
    },
  });
  await worker.start();
  const {
    ids: [id = ''],
  } = await orchestra.admin.enqueue({ skill });
  await began.opened;
  const ordered = await stop([id], { then: 'cancel', grace_seconds: 1 });
  expect(await settled(ordered)).toMatchObject({
    told_count: 1,
    obeyed_count: 0,
    fenced_count: 1,
    runs: [{ task_id: id, state: 'fenced', pid: process.pid }],
  });
  expect(await orchestra.admin.task(id)).toMatchObject({ status: 'cancelled', result: null });
  end.open();
  await heard.first('run-lost');
  expect(await orchestra.admin.task(id)).toMatchObject({ status: 'cancelled', result: null });
});

test('a command gets TERM and its children, which ignore that, KILL; then its task is back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'orchestra-stop-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const skill = fresh('command');
  const script =
    "trap 'echo told > told; exit 1' TERM; (trap '' TERM; sh -c 'trap \"\" TERM; echo $$ > child; while " +
    ":; do sleep 1; done') & echo $$ > leader; while :; do sleep 0.1; done";
  const { worker } = orchestra.worker({
    handlers: { [skill]: createCommandHandler({ command: ['/bin/sh', '-c', script], graceMs: 500, cwd: folder }) },
  });
  await worker.start();
  const {
    ids: [id = ''],
  } = await orchestra.admin.enqueue({ skill });
  const pidIn = async (file: string) =>
    Number(await until(`a process id in ${file}`, () => readFile(join(folder, file), 'utf8').catch(() => '')));
  const pids = [await pidIn('leader'), await pidIn('child')];
  await orchestra.admin.park({ task_id: id, reason: 'it shall not begin again here' });
  expect(await settled(await stop([id]))).toMatchObject({ obeyed_count: 1, fenced_count: 0 });
  expect(await readFile(join(folder, 'told'), 'utf8')).toBe('told\n');
  expect(pids.filter(isAlive)).toEqual([]);
  expect(await orchestra.admin.task(id)).toMatchObject({ status: 'queued', attempt: 0 });
});

test('P10 a worker that is frozen is fenced, though nobody could tell it; thawed, it learns that its run is lost', async () => {
  const {
    ids: [id = ''],
  } = await orchestra.admin.enqueue({ skill: fresh('frozen') });
  const frozen = new WorkerProcess(orchestra, { WORKER_NAME: 'frozen', WORKER_MODE: 'loop' });
  processes.push(frozen);
  await frozen.told('claimed', id);
  frozen.freeze();
  const ordered = await stop([id], { then: 'cancel', grace_seconds: 1 });
  expect(await settled(ordered)).toMatchObject({
    told_count: 0,
    fenced_count: 1,
    runs: [{ state: 'fenced', worker: 'frozen', host: expect.any(String), pid: expect.any(Number) }],
  });
  expect(await orchestra.admin.task(id)).toMatchObject({ status: 'cancelled' });
  frozen.thaw();
  await frozen.told('run-lost', id);
});

test('P10 a worker of the release before, which knows nothing of stopping, is fenced; its ending is refused as after any loss', async () => {
  const skill = fresh('former');
  const {
    ids: [id = ''],
  } = await orchestra.admin.enqueue({ skill });
  const {
    tasks: [run],
  } = await orchestra.fleet.claim({ worker: 'former', skills: [skill], wait_seconds: 5 });
  const ordered = await stop([id], { then: 'cancel', grace_seconds: 1 });
  // It reads the lease out of the answer, and nothing else.
  expect(await orchestra.fleet.heartbeat(id, run?.run_id ?? '')).toMatchObject({ lease_seconds: 3_600 });
  expect(await settled(ordered)).toMatchObject({ told_count: 1, obeyed_count: 0, fenced_count: 1 });
  await expect(orchestra.fleet.complete(id, { run_id: run?.run_id ?? '', result: 'late' })).rejects.toMatchObject({
    code: 'run_not_owner',
    message: expect.stringContaining('was stopped at'),
  });
  await expect(orchestra.fleet.heartbeat(id, run?.run_id ?? '')).rejects.toMatchObject({ code: 'run_not_owner' });
});

test('without its stream a worker hears of it with its next heartbeat', async () => {
  const skill = fresh('no-stream');
  const began = gate();
  const { worker } = orchestra.worker({
    handlers: {
      [skill]: async (_task, { signal, showOutput }) => {
        began.open();
        for (let round = 0; !signal.aborted; round++) {
          showOutput(`round ${round}`);
          await new Promise((resolve) => {
            setTimeout(resolve, 50);
          });
        }
        signal.throwIfAborted();
      },
    },
  });
  orchestra.toPauseApi.refuse();
  await worker.start();
  const {
    ids: [id = ''],
  } = await orchestra.admin.enqueue({ skill });
  await began.opened;
  await orchestra.admin.park({ task_id: id, reason: 'it shall not begin again here' });
  expect(await settled(await stop([id]))).toMatchObject({ obeyed_count: 1 });
});

test('senate pause with stop_running stops what runs under the pause, and nothing else; the receipt has the order', async () => {
  const [agent, other] = [fresh('skeptic'), fresh('scribe')];
  const skill = fresh('paused');
  let begun = 0;
  const { worker } = orchestra.worker({
    concurrency: 2,
    handlers: {
      [skill]: async (_task, { signal }) => {
        begun += 1;
        await new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(signal.reason as Error);
          });
        });
      },
    },
  });
  await worker.start();
  const {
    ids: [id = '', free = ''],
  } = await orchestra.admin.enqueue({
    tasks: [
      { skill, agent_id: agent },
      { skill, agent_id: other },
    ],
  });
  await until('both run', () => begun === 2);
  const receipt = await orchestra.admin.pause({
    scope_kind: 'agent',
    scope_value: agent,
    reason: 'it burns money',
    stop_running: 'requeue',
  });
  if (receipt.stop === null) throw new Error('there is no order');
  expect(receipt.stop).toMatchObject({ then: 'requeue', runs_count: 1, asked_by: 'dana', reason: 'it burns money' });
  expect(await settled(receipt.stop)).toMatchObject({ obeyed_count: 1 });
  expect(await orchestra.admin.task(id)).toMatchObject({ status: 'queued', attempt: 0 });
  expect(await orchestra.admin.task(free)).toMatchObject({ status: 'running' });
});
