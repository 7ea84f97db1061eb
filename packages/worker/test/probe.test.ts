import { until } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { fresh, gate, startOrchestra } from './orchestra.ts';

const orchestra = startOrchestra();

/** A pause that is to probe, and whose time is over when it says so. */
async function probing(agent: string): Promise<string> {
  const { id } = await orchestra.admin.pause({
    scope_kind: 'agent',
    scope_value: agent,
    reason: 'runaway loop',
    ttl_seconds: 1,
    then: 'probe',
  });
  await until('the end of its time', async () => typeof (await paused(id))?.probing_at === 'string');
  return id;
}

const paused = async (id: string) => (await orchestra.admin.allPauses()).find((pause) => pause.id === id);

test.each([[0], [2]])(
  'with %i claimed ahead, the probe alone begins under its pause, passes its checkpoints, and when it is done all go on',
  async (prefetch) => {
    const [skill, agent] = [fresh('probed'), fresh('skeptic')];
    const id = await probing(agent);
    const { ids } = await orchestra.admin.enqueue({
      tasks: Array.from({ length: 3 }, () => ({ skill, agent_id: agent })),
    });
    const begun: string[] = [];
    const inProbe = gate();
    const goOn = gate();
    const { worker, heard } = orchestra.worker({
      prefetch,
      concurrency: 2,
      handlers: {
        [skill]: async (task, context) => {
          begun.push(task.id);
          await context.checkpoint();
          if (begun.length === 1) {
            inProbe.open();
            await goOn.opened;
          }
          await context.checkpoint();
        },
      },
    });
    await worker.start();
    await inProbe.opened;
    await until('the pause that says whom it lets through', async () => (await paused(id))?.probe_task_id === ids[0]);
    expect(begun).toEqual([ids[0]]);
    goOn.open();
    await until(
      'all of them',
      async () => (await orchestra.admin.tasks({ skill, status: 'succeeded' })).tasks.length === 3,
    );
    expect(heard.all('stopped-at-checkpoint')).toEqual([]);
    expect((await orchestra.admin.pauseHistory({ scope_kind: 'agent', scope_value: agent })).pauses).toMatchObject([
      { id, cleared_by: 'senate.probe', then: 'probe' },
    ]);
    const { tasks } = await orchestra.admin.tasks({ skill });
    expect(tasks.map((task) => task.attempt)).toEqual([1, 1, 1]);
  },
);

test('a pause of another kind stops the probe at its checkpoint, as it would any run', async () => {
  const [skill, agent] = [fresh('probed'), fresh('skeptic')];
  const id = await probing(agent);
  await orchestra.admin.enqueue({ skill, agent_id: agent });
  const inProbe = gate();
  const goOn = gate();
  const { worker, heard } = orchestra.worker({
    handlers: {
      [skill]: async (_task, context) => {
        inProbe.open();
        await goOn.opened;
        await context.checkpoint();
      },
    },
  });
  await worker.start();
  await inProbe.opened;
  const other = await orchestra.admin.pause({ scope_kind: 'skill', scope_value: skill, reason: 'this as well' });
  await heard.first('pauses-changed', ({ pauses }) => pauses.some((pause) => pause.id === other.id));
  goOn.open();
  await expect(heard.first('stopped-at-checkpoint')).resolves.toMatchObject({ pause: { id: other.id } });
  await until('nobody to let through', async () => (await paused(id))?.probe_task_id === null);
  await orchestra.admin.unpause({ scope_kind: 'skill', scope_value: skill });
  await until('another probe, which is done', async () => (await paused(id)) === undefined);
});
