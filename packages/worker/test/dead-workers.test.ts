import { ownProcessIdentity } from '@orchestra/task-queue/process-table';
import { until } from '@orchestra/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { fresh, startOrchestra } from './orchestra.ts';
import { WorkerProcess } from './worker-process.ts';

// The lease is so long that nothing here can be its doing.
const orchestra = startOrchestra({ leaseSeconds: 3_600, goneForMs: 0 });
const processes: WorkerProcess[] = [];
afterEach(() => Promise.all(processes.splice(0).map((one) => one.kill())));

function start(name: string, mode: 'quick' | 'hang' | 'die'): WorkerProcess {
  const started = new WorkerProcess(orchestra, { WORKER_NAME: name, WORKER_MODE: mode });
  processes.push(started);
  return started;
}

const reaped = async (id: string) =>
  (await orchestra.admin.taskEvents(id)).events
    .filter((event) => event.kind === 'reaped')
    .map((event) => event.data as { cause: string; crashes: number });

describe.skipIf(ownProcessIdentity() === undefined)('on one machine with worker-claimer', () => {
  test('P10 the run of a worker that was killed is taken away long before its lease ends, and done by another', async () => {
    const {
      ids: [id = ''],
    } = await orchestra.admin.enqueue({ skill: fresh('killed') });
    const victim = start('victim', 'hang');
    await victim.told('claimed', id);
    await victim.kill();
    await until('its run is taken away', async () => (await reaped(id)).length === 1);
    expect(await reaped(id)).toMatchObject([{ cause: 'process_gone', crashes: 1 }]);
    await start('successor', 'quick').told('finished', id);
    expect(await orchestra.admin.task(id)).toMatchObject({
      status: 'succeeded',
      worker: 'successor',
      attempt: 1,
      crashes: 1,
    });
  });

  test('P10 the run of a worker that is only frozen is left to its lease', async () => {
    const {
      ids: [id = '', other = ''],
    } = await orchestra.admin.enqueue({ tasks: [{ skill: fresh('frozen') }, { skill: fresh('killed') }] });
    const frozen = start('frozen', 'hang');
    await frozen.told('claimed', id);
    await frozen.told('claimed', other);
    frozen.freeze();
    const { last_tick_at: before } = (await orchestra.admin.queue()).reaper;
    await until(
      'the reaper has made its round',
      async () => (await orchestra.admin.queue()).reaper.last_tick_at !== before,
    );
    expect(await orchestra.admin.task(id)).toMatchObject({ status: 'running' });
    await frozen.kill();
    await until('both are taken away', async () => (await reaped(id)).length + (await reaped(other)).length === 2);
  });

  test('F31 a task that kills every worker that takes it ends as failed, and says so', async () => {
    const {
      ids: [id = ''],
    } = await orchestra.admin.enqueue({ skill: fresh('poison') });
    // Tasks of other tests may be waiting: a killer takes what there is, this one among them.
    for (let crash = 1; crash <= 3; crash++) {
      start(`killer-${crash}`, 'die');
      await until(`crash ${crash}`, async () => (await reaped(id)).length === crash);
    }
    expect(await orchestra.admin.task(id)).toMatchObject({
      status: 'failed',
      attempt: 0,
      crashes: 3,
      result: {
        error: 'its worker was lost 3 times while it ran, the last time because its process has ended',
        cause: 'process_gone',
      },
    });
  });
});
