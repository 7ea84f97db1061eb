import { until } from '@orchestra/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { fresh, gate, startOrchestra } from './orchestra.ts';
import { WorkerProcess } from './worker-process.ts';

const orchestra = startOrchestra({ leaseSeconds: 3 });
const processes: WorkerProcess[] = [];
afterEach(() => Promise.all(processes.splice(0).map((one) => one.kill())));

const pause = (scope_kind: 'agent' | 'skill', scope_value: string) =>
  orchestra.admin.pause({ scope_kind, scope_value, reason: 'runaway loop' });
const listed = async (pauseId: string) => (await orchestra.admin.allPauses()).find((one) => one.id === pauseId);

/** A worker with one task at work, held open, and what it has claimed ahead waiting behind it. */
async function oneBegun({
  skill,
  tasks,
  prefetch = 10,
}: {
  skill: string;
  tasks: readonly { agent_id?: string }[];
  prefetch?: number;
}) {
  const { ids } = await orchestra.admin.enqueue({ tasks: tasks.map((task) => ({ ...task, skill })) });
  const goOn = gate();
  const began: string[] = [];
  const started = orchestra.worker({
    prefetch,
    handlers: {
      [skill]: async (task) => {
        began.push(task.id);
        await goOn.opened;
      },
    },
  });
  // Tasks are claimed ahead only while the pauses are known.
  await started.worker.start();
  await started.heard.first('claimed', ({ task }) => task.id === ids.at(-1));
  await until('the first one is at work', () => began.length === 1);
  return { ...started, ids, goOn, began };
}

describe('a task claimed ahead', () => {
  test('begins in its turn, and every one ends once', async () => {
    const skill = fresh('ahead');
    const { heard, ids, goOn, began } = await oneBegun({ skill, tasks: Array.from({ length: 8 }, () => ({})) });
    goOn.open();
    for (const id of ids) await heard.first('finished', ({ task }) => task.id === id);
    expect(began).toEqual(ids);
    for (const id of ids) expect(await orchestra.story(id)).toEqual(['queued', 'claimed', 'completed']);
  });

  test('P2 that a pause covers by now never begins: it goes back to its place with its attempt, and the others go on', async () => {
    const [skill, skeptic, scribe] = [fresh('ahead'), fresh('skeptic'), fresh('scribe')];
    const {
      heard,
      ids: [first = '', paused = '', other = ''],
      goOn,
      began,
    } = await oneBegun({ skill, tasks: [{ agent_id: scribe }, { agent_id: skeptic }, { agent_id: scribe }] });
    await pause('agent', skeptic);
    await expect(heard.first('stopped-at-checkpoint', ({ task }) => task.id === paused)).resolves.toMatchObject({
      begun: false,
      pause: { scope: { value: skeptic } },
    });
    await heard.first('released', ({ task, cause }) => task.id === paused && cause === 'pause');
    expect(await orchestra.admin.task(paused)).toMatchObject({ status: 'queued', attempt: 0, run_id: null });
    goOn.open();
    await heard.first('finished', ({ task }) => task.id === other);
    expect(began).toEqual([first, other]);
    await orchestra.admin.unpause({ scope_kind: 'agent', scope_value: skeptic });
    await heard.first('finished', ({ task }) => task.id === paused);
    expect(await orchestra.story(paused)).toEqual(
      expect.arrayContaining(['claimed', 'released', 'claimed', 'completed']),
    );
  });

  test('P2 is listed apart in the receipt as claimed and not begun, and quiet waits for it', async () => {
    const skill = fresh('ahead');
    // Frozen, it can neither begin nor give back what it has claimed.
    const worker = new WorkerProcess(orchestra, {
      WORKER_NAME: fresh('frozen'),
      WORKER_MODE: 'hang',
      WORKER_CONCURRENCY: '1',
      WORKER_PREFETCH: '5',
    });
    processes.push(worker);
    const {
      ids: [first = '', second = '', third = ''],
    } = await orchestra.admin.enqueue({ tasks: [{ skill }, { skill }, { skill }] });
    for (const id of [first, second, third]) await worker.told('claimed', id);
    worker.freeze();
    const receipt = await pause('skill', skill);
    const { in_flight, claimed_ahead, in_flight_count, claimed_ahead_count, queued } = receipt;
    expect({
      begun: in_flight?.map((run) => run.task_id),
      ahead: claimed_ahead?.map((run) => run.task_id).toSorted(),
      in_flight_count,
      claimed_ahead_count,
      queued,
    }).toEqual({
      begun: [first],
      ahead: [second, third].toSorted(),
      in_flight_count: 1,
      claimed_ahead_count: 2,
      queued: 0,
    });
    expect(await listed(receipt.id)).toMatchObject({ quiet: false, in_flight_count: 1, claimed_ahead_count: 2 });
    await orchestra.fleet.complete(first, { run_id: (await orchestra.fleet.task(first)).run_id ?? '' });
    expect(await listed(receipt.id)).toMatchObject({ quiet: false, in_flight_count: 0, quiet_at: null });
    worker.thaw();
    await until('the pause is quiet', async () => (await listed(receipt.id))?.quiet);
    expect(await Promise.all([second, third].map(async (id) => (await orchestra.admin.task(id)).status))).toEqual([
      'queued',
      'queued',
    ]);
  });

  test('is listed with the runs in flight once it has begun', async () => {
    const skill = fresh('ahead');
    const hold = gate();
    const {
      ids: [first = '', second = ''],
    } = await orchestra.admin.enqueue({ tasks: [{ skill }, { skill }] });
    const open = new Map([
      [first, gate()],
      [second, hold],
    ]);
    const { worker, heard } = orchestra.worker({
      prefetch: 5,
      handlers: {
        [skill]: async (task) => {
          await open.get(task.id)?.opened;
        },
      },
    });
    await worker.start();
    await heard.first('claimed', ({ task }) => task.id === second);
    open.get(first)?.open();
    const preview = () => orchestra.admin.pausePreview({ scope_kind: 'skill', scope_value: skill, reason: 'what if' });
    await until('it is told that it has begun', async () =>
      (await preview()).in_flight.some((run) => run.task_id === second),
    );
    expect(await preview()).toMatchObject({ in_flight_count: 1, claimed_ahead_count: 0 });
    hold.open();
    await heard.first('finished', ({ task }) => task.id === second);
  });

  test('P13 goes back when the pauses could not be read for too long, also while there is nowhere to begin', async () => {
    const skill = fresh('ahead');
    const { heard, ids, goOn, began } = await oneBegun({ skill, tasks: [{}, {}, {}] });
    orchestra.toPauseApi.refuse();
    for (const id of ids.slice(1))
      await expect(heard.first('stopped-at-checkpoint', ({ task }) => task.id === id)).resolves.toMatchObject({
        begun: false,
        pause: null,
      });
    goOn.open();
    await heard.first('finished', ({ task }) => task.id === ids[0]);
    expect(began.slice(0, 1)).toEqual([ids[0]]);
    // Without any reading of the pauses none is claimed ahead; what the gate gives begins as it does without prefetch.
    for (const id of ids.slice(1)) await heard.first('finished', ({ task }) => task.id === id);
  }, 60_000);

  test('P10 goes back at once when the worker stops, and uses up no attempt', async () => {
    const skill = fresh('ahead');
    const { worker, heard, ids, goOn, began } = await oneBegun({ skill, tasks: [{}, {}, {}] });
    const stopping = worker.stop({ drainMs: 20_000 });
    for (const id of ids.slice(1)) {
      await heard.first('released', ({ task, cause }) => task.id === id && cause === 'shutdown');
      expect(await orchestra.admin.task(id)).toMatchObject({ status: 'queued', attempt: 0 });
    }
    goOn.open();
    await stopping;
    expect(began).toEqual([ids[0]]);
    expect((await orchestra.admin.task(ids[0] ?? '')).status).toBe('succeeded');
  });

  test('P10 whose worker is killed is run by another, once', async () => {
    const skill = fresh('ahead');
    const ids = (await orchestra.admin.enqueue({ tasks: Array.from({ length: 6 }, () => ({ skill })) })).ids;
    const killed = new WorkerProcess(orchestra, {
      WORKER_NAME: fresh('killed'),
      WORKER_MODE: 'hang',
      WORKER_CONCURRENCY: '1',
      WORKER_PREFETCH: '10',
    });
    processes.push(killed);
    for (const id of ids) await killed.told('claimed', id);
    await killed.kill();
    const began: string[] = [];
    const { worker, heard } = orchestra.worker({
      concurrency: 3,
      prefetch: 10,
      handlers: {
        [skill]: async (task) => {
          began.push(task.id);
        },
      },
    });
    await worker.start();
    for (const id of ids) await heard.first('finished', ({ task }) => task.id === id);
    expect(began.toSorted()).toEqual(ids.toSorted());
    for (const id of ids) expect((await orchestra.story(id)).filter((kind) => kind === 'completed')).toHaveLength(1);
  });

  test('P10 whose lease ended while its worker was frozen does not begin', async () => {
    const skill = fresh('ahead');
    const {
      ids: [first = '', second = ''],
    } = await orchestra.admin.enqueue({ tasks: [{ skill }, { skill }] });
    const frozen = new WorkerProcess(orchestra, {
      WORKER_NAME: fresh('frozen'),
      WORKER_MODE: 'hang',
      WORKER_CONCURRENCY: '1',
      WORKER_PREFETCH: '5',
    });
    processes.push(frozen);
    for (const id of [first, second]) await frozen.told('claimed', id);
    frozen.freeze();
    const began: string[] = [];
    const { worker, heard } = orchestra.worker({
      concurrency: 2,
      handlers: {
        [skill]: async (task) => {
          began.push(task.id);
        },
      },
    });
    await worker.start();
    for (const id of [first, second]) await heard.first('finished', ({ task }) => task.id === id);
    frozen.thaw();
    await frozen.told('run-lost', second);
    expect(frozen.lines.filter((line) => line.event === 'finished')).toEqual([]);
    expect(began.toSorted()).toEqual([first, second].toSorted());
  });
});
