import { until } from '@orchestra/testkit';
import { describe, expect, test } from 'vitest';
import { fresh, gate, startOrchestra } from './orchestra.ts';

const orchestra = startOrchestra();

describe('with worker-claimer away', () => {
  test('P13 nothing is claimed, the worker goes on trying, and works when it is back', async () => {
    const skill = fresh('away');
    orchestra.toClaimer.refuse();
    const { worker, heard } = orchestra.worker({ handlers: { [skill]: async () => {} } });
    await worker.start();
    await heard.first('claim-failed', ({ failures }) => failures === 3);
    const {
      ids: [id = ''],
    } = await orchestra.admin.enqueue({ skill });
    orchestra.toClaimer.pass();
    await heard.first('finished', ({ task }) => task.id === id);
    expect(await orchestra.story(id)).toEqual(['queued', 'claimed', 'completed']);
  });

  test('P10 the end of a run is told when it is back, once', async () => {
    const skill = fresh('told-late');
    const {
      ids: [id = ''],
    } = await orchestra.admin.enqueue({ skill });
    const goOn = gate();
    const { worker, heard } = orchestra.worker({
      handlers: {
        [skill]: async () => {
          await goOn.opened;
          return 'kept';
        },
      },
    });
    await worker.start();
    await heard.first('claimed');
    orchestra.toClaimer.refuse();
    goOn.open();
    await heard.first('finish-failed');
    orchestra.toClaimer.pass();
    await heard.first('finished');
    expect(await orchestra.admin.task(id)).toMatchObject({ status: 'succeeded', result: 'kept' });
    expect(await orchestra.story(id)).toEqual(['queued', 'claimed', 'completed']);
  });

  test('P10 an answer that was lost on the way is asked for again, and the work is not done twice', async () => {
    const skill = fresh('answer-lost');
    const {
      ids: [id = ''],
    } = await orchestra.admin.enqueue({ skill });
    let runs = 0;
    const goOn = gate();
    const { worker, heard } = orchestra.worker({
      handlers: {
        [skill]: async () => {
          runs += 1;
          await goOn.opened;
        },
      },
    });
    await worker.start();
    const { task } = await heard.first('claimed');
    await orchestra.fleet.complete(id, { run_id: task.run_id, result: null }); // as a call whose answer got lost would
    goOn.open();
    await heard.first('finished');
    expect(runs).toBe(1);
    expect(await orchestra.story(id)).toEqual(['queued', 'claimed', 'completed']);
  });
});

describe('P13 with pause-api away', () => {
  test('from the beginning: loops go on', async () => {
    const skill = fresh('blind');
    orchestra.toPauseApi.refuse();
    const {
      ids: [id = ''],
    } = await orchestra.admin.enqueue({ skill });
    const { worker, heard } = orchestra.worker({
      handlers: {
        [skill]: async (_task, { iterate }) => {
          for await (const _ of iterate([1, 2, 3]));
        },
      },
    });
    await worker.start();
    await heard.first('finished', ({ task }) => task.id === id);
    expect(heard.all('pauses-changed')).toEqual([]);
  });

  test('from the beginning: a loop that asks for it stops, and its task is not sent round and round', async () => {
    const skill = fresh('careful-loop');
    orchestra.toPauseApi.refuse();
    const {
      ids: [id = ''],
    } = await orchestra.admin.enqueue({ skill });
    const { worker, heard } = orchestra.worker({
      handlers: {
        [skill]: async (_task, { iterate }) => {
          for await (const _ of iterate([1, 2, 3], { onUnknown: 'stop' }));
          return 'all three';
        },
      },
    });
    await worker.start();
    await expect(heard.first('stopped-at-checkpoint')).resolves.toMatchObject({
      pause: null,
      reason: 'the active pauses could not be read yet',
    });
    await heard.first('claimed', () => heard.all('claimed').length >= 2);
    orchestra.toPauseApi.pass();
    await heard.first('finished', ({ task }) => task.id === id);
    expect(heard.all('claimed').length).toBeLessThan(20);
  });

  test('from the beginning: a worker that asks for it claims nothing until it knows', async () => {
    const skill = fresh('careful');
    orchestra.toPauseApi.refuse();
    const {
      ids: [id = ''],
    } = await orchestra.admin.enqueue({ skill });
    const { worker, heard } = orchestra.worker({ onUnknown: 'stop', handlers: { [skill]: async () => {} } });
    await worker.start();
    await heard.first('pauses-unreadable');
    expect(await orchestra.story(id)).toEqual(['queued']);
    orchestra.toPauseApi.pass();
    await heard.first('finished', ({ task }) => task.id === id);
    const told = heard.events.map((event) => event.name);
    expect(told.indexOf('pauses-changed')).toBeLessThan(told.indexOf('claimed'));
  });

  test('later: a pause that was known stays known', async () => {
    const [skill, agent] = [fresh('known'), fresh('skeptic')];
    const {
      ids: [id = ''],
    } = await orchestra.admin.enqueue({ skill, agent_id: agent });
    const begun = gate();
    const goOn = gate();
    const { worker, heard } = orchestra.worker({
      handlers: {
        [skill]: async (_task, { checkpoint }) => {
          begun.open();
          await goOn.opened;
          await checkpoint();
        },
      },
    });
    await worker.start();
    await begun.opened;
    const { id: pauseId } = await orchestra.admin.pause({ scope_kind: 'agent', scope_value: agent, reason: 'known' });
    await heard.first('pauses-changed', ({ pauses }) => pauses.some((one) => one.id === pauseId));
    orchestra.toPauseApi.refuse();
    await heard.first('pauses-unreadable');
    goOn.open();
    await expect(heard.first('stopped-at-checkpoint')).resolves.toMatchObject({ pause: { id: pauseId } });
    await until('it is back in its place', async () => (await orchestra.admin.task(id)).status === 'queued');
  });
});
