import { until } from '@orchestra/testkit';
import { describe, expect, test } from 'vitest';
import { fresh, gate, startOrchestra } from './orchestra.ts';

const orchestra = startOrchestra();

const pause = (scope_kind: 'agent' | 'skill', scope_value: string) =>
  orchestra.admin.pause({ scope_kind, scope_value, reason: 'runaway loop' });
const unpause = (scope_kind: 'agent' | 'skill', scope_value: string) =>
  orchestra.admin.unpause({ scope_kind, scope_value });

describe('P4 in flight', () => {
  test('P4 a loop breaks at its next checkpoint, and the next run goes on where it left off', async () => {
    const [skill, agent] = [fresh('loop'), fresh('skeptic')];
    const {
      ids: [id = ''],
    } = await orchestra.admin.enqueue({ skill, agent_id: agent, payload: { files: ['a', 'b', 'c', 'd', 'e'] } });
    const inB = gate();
    const goOn = gate();
    const done: string[] = [];
    const { worker, heard } = orchestra.worker({
      handlers: {
        [skill]: async (task, context) => {
          const found = (context.cursor as { found?: string[] } | null)?.found ?? [];
          for await (const file of context.iterate(task.payload['files'] as string[])) {
            if (file === 'b') {
              inB.open();
              await goOn.opened;
            }
            done.push(file);
            found.push(file.toUpperCase());
            context.saveCursor({ found });
          }
          return { found };
        },
      },
    });
    await worker.start();
    await inB.opened;
    const receipt = await pause('agent', agent);
    expect(receipt).toMatchObject({ settled: true, in_flight_count: 1, in_flight: [{ task_id: id }] });
    await heard.first('pauses-changed', ({ pauses }) => pauses.some((one) => one.id === receipt.id));
    goOn.open();
    await expect(heard.first('stopped-at-checkpoint')).resolves.toMatchObject({
      begun: true,
      reason: `agent ${agent} is paused: runaway loop`,
      pause: { id: receipt.id },
      cursor: { index: 2, found: ['A', 'B'] },
    });
    await heard.first('released', ({ cause }) => cause === 'pause');
    expect(done).toEqual(['a', 'b']);
    expect(await orchestra.admin.task(id)).toMatchObject({
      status: 'queued',
      cursor: { index: 2, found: ['A', 'B'] },
      attempt: 0,
    });

    await unpause('agent', agent);
    await heard.first('finished');
    expect(done).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(await orchestra.admin.task(id)).toMatchObject({
      status: 'succeeded',
      result: { found: ['A', 'B', 'C', 'D', 'E'] },
    });
    // Whether a claim met it while it was paused is up to the moment.
    const story = (await orchestra.story(id)).filter((kind) => kind !== 'deferred');
    expect(story).toEqual(['queued', 'claimed', 'released', 'claimed', 'completed']);
  });

  test('P4 a handler without a checkpoint goes on to its normal end, and nothing aborts it', async () => {
    const [skill, agent] = [fresh('plain'), fresh('skeptic')];
    const {
      ids: [id = '', next = ''],
    } = await orchestra.admin.enqueue({
      tasks: [
        { skill, agent_id: agent },
        { skill, agent_id: agent },
      ],
    });
    const running = gate();
    const goOn = gate();
    let aborted: boolean | undefined;
    const { worker, heard } = orchestra.worker({
      handlers: {
        [skill]: async (_task, { signal }) => {
          running.open();
          await goOn.opened;
          aborted = signal.aborted;
          return 'normal';
        },
      },
    });
    await worker.start();
    await running.opened;
    const { id: pauseId } = await pause('agent', agent);
    await heard.first('pauses-changed', ({ pauses }) => pauses.some((one) => one.id === pauseId));
    goOn.open();
    await heard.first('finished', ({ task }) => task.id === id);
    expect(aborted).toBe(false);
    expect(await orchestra.admin.task(id)).toMatchObject({ status: 'succeeded', result: 'normal' });
    await until('the claim has met the paused one', async () => (await orchestra.story(next)).includes('deferred'));
    expect(heard.all('claimed')).toHaveLength(1);
  });

  test('P4 others go on while one is stopped', async () => {
    const [skill, paused, free] = [fresh('loop'), fresh('skeptic'), fresh('scribe')];
    const both = gate();
    const goOn = gate();
    let running = 0;
    const { worker, heard } = orchestra.worker({
      concurrency: 2,
      handlers: {
        [skill]: async (_task, { checkpoint }) => {
          if (++running === 2) both.open();
          await both.opened;
          await goOn.opened;
          await checkpoint();
          return 'through';
        },
      },
    });
    await orchestra.admin.enqueue({
      tasks: [
        { skill, agent_id: paused },
        { skill, agent_id: free },
      ],
    });
    await worker.start();
    await both.opened;
    const { id } = await pause('agent', paused);
    await heard.first('pauses-changed', ({ pauses }) => pauses.some((one) => one.id === id));
    goOn.open();
    await expect(heard.first('stopped-at-checkpoint')).resolves.toMatchObject({ task: { agent_id: paused } });
    await expect(heard.first('finished')).resolves.toMatchObject({ task: { agent_id: free } });
  });

  test('P3 a row inserted by hand stops a loop as well', async () => {
    const [skill, agent] = [fresh('loop'), fresh('skeptic')];
    await orchestra.admin.enqueue({ skill, agent_id: agent });
    // Only a bell makes it look again.
    const { worker, heard } = orchestra.worker({
      rereadEveryMs: 3_600_000,
      handlers: {
        [skill]: async (_task, { checkpoint }) => {
          for (;;) await checkpoint();
        },
      },
    });
    await worker.start();
    await heard.first('claimed');
    const insert = (value: string) =>
      orchestra.db.pool.query(
        "insert into senate_pause (scope_kind, scope_value, reason) values ('agent', $1, 'by hand')",
        [value],
      );
    // The readings at its start may find the first of these without any bell, not all of them.
    for (const other of [fresh('other'), fresh('other'), fresh('other')]) {
      await insert(other);
      await heard.first('pauses-changed', ({ pauses }) => pauses.some((one) => one.scope.value === other));
    }
    await insert(agent);
    await expect(heard.first('stopped-at-checkpoint')).resolves.toMatchObject({
      reason: `agent ${agent} is paused: by hand`,
    });
  });

  test('P6 with every bell dropped a loop still stops', async () => {
    const [skill, agent] = [fresh('loop'), fresh('skeptic')];
    await orchestra.admin.enqueue({ skill, agent_id: agent });
    const { worker, heard } = orchestra.worker({
      handlers: {
        [skill]: async (_task, { checkpoint }) => {
          for (;;) await checkpoint();
        },
      },
    });
    await worker.start();
    await heard.first('claimed');
    await orchestra.db.pool.query(
      `with muted as materialized (select set_config('orchestra.bell', 'off', true))
       insert into senate_pause (scope_kind, scope_value, reason) select 'agent', $1, 'without a sound' from muted`,
      [agent],
    );
    await expect(heard.first('stopped-at-checkpoint')).resolves.toMatchObject({
      reason: `agent ${agent} is paused: without a sound`,
    });
  });
});

test('a handler that swallows the stop and returns is put back all the same', async () => {
  const [skill, agent] = [fresh('swallow'), fresh('skeptic')];
  const {
    ids: [id = ''],
  } = await orchestra.admin.enqueue({ skill, agent_id: agent });
  const { worker, heard } = orchestra.worker({
    handlers: {
      [skill]: async (_task, context) => {
        try {
          for (;;) await context.checkpoint();
        } catch {
          return 'half of it';
        }
      },
    },
  });
  await worker.start();
  await heard.first('claimed');
  await pause('agent', agent);
  await heard.first('released');
  expect(await orchestra.admin.task(id)).toMatchObject({ status: 'queued', result: null });
});

describe('a scheduled job', () => {
  test('does not start while its skill is paused, and does when it is not', async () => {
    const name = fresh('nightly');
    const { worker } = orchestra.worker({ handlers: { '*': async () => {} } });
    let runs = 0;
    const job = () => ++runs;
    await expect(worker.runScheduled(name, job)).resolves.toEqual({ started: true, result: 1 });
    const { id } = await pause('skill', name);
    await until('pause-api knows', async () => (await orchestra.admin.check({ skill: name })).paused);
    await expect(worker.runScheduled(name, job)).resolves.toMatchObject({
      started: false,
      reason: 'runaway loop',
      pause: { id },
    });
    await unpause('skill', name);
    await until('pause-api knows', async () => !(await orchestra.admin.check({ skill: name })).paused);
    await expect(worker.runScheduled(name, job)).resolves.toEqual({ started: true, result: 2 });
  });

  test('P13 goes by what was last known when nobody can be asked, and by the choice of the caller when nothing was', async () => {
    const name = fresh('nightly');
    await pause('skill', name);
    const knowing = orchestra.worker({ handlers: { '*': async () => {} }, skills: [fresh('none')] });
    await knowing.worker.start();
    await knowing.heard.first('pauses-changed', ({ pauses }) => pauses.some((one) => one.scope.value === name));
    orchestra.toPauseApi.refuse();
    await expect(knowing.worker.runScheduled(name, () => 1)).resolves.toMatchObject({
      started: false,
      pause: { scope_value: name },
    });
    const careless = orchestra.worker({ handlers: { '*': async () => {} } });
    await expect(careless.worker.runScheduled(name, () => 1)).resolves.toEqual({ started: true, result: 1 });
    const careful = orchestra.worker({ handlers: { '*': async () => {} }, onUnknown: 'stop' });
    await expect(careful.worker.runScheduled(name, () => 1)).resolves.toMatchObject({ started: false, pause: null });
  });
});
