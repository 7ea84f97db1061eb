import type { PauseReceipt } from '@orchestra/pause-core/contract';
import type { AgentName } from '../../agents.ts';
import { planSweep } from '../../plan.ts';
import { deferredFor } from '../deferred.ts';
import { hold } from '../not-held.ts';
import { claimsOf, eventsOf, tasksOf } from '../queue-looks.ts';
import type { Stage } from '../stage.ts';

const OTHERS: readonly AgentName[] = ['librarian', 'scribe'];
// Before everything else in the queue.
const FRONT = -100;

/** Every worker dies at once and comes back: the others go on where they were, and nothing of skeptic's starts. */
export async function restartWakesNothing(stage: Stage, pause: PauseReceipt): Promise<void> {
  const claimsBefore = await claimsOf(stage.client, 'skeptic');
  await stage.keepBusy(OTHERS);
  await stage.killAgents();
  const lost = (await Promise.all(OTHERS.map((agent) => tasksOf(stage.client, agent, 'running')))).flat();
  stage.startAgents();

  // A task that only the new process can have met: the proof that it has asked for work, and was refused.
  const [task] = (await planSweep(stage.repo, stage.signal)).filter((planned) => planned.agent_id === 'skeptic');
  hold(task !== undefined, 'there is something for skeptic to do', task);
  const { ids: [probe] } = await stage.client.enqueue({ ...task, priority: FRONT });
  hold(probe !== undefined, 'a task is added', probe);
  const skeptic = stage.workerName('skeptic');
  await stage.waitFor(`${skeptic} asks for work and is refused`, 20_000, async () => {
    const event = deferredFor(await eventsOf(stage.client, probe), pause.id);
    return event?.by === skeptic ? event : undefined;
  });
  stage.saw(`${skeptic} has asked for work and got none: task ${probe}, added just now, was deferred`);

  for (const agent of OTHERS) {
    const name = stage.workerName(agent);
    const done = await stage.waitFor(`${name} works`, 20_000, async () => (await tasksOf(stage.client, agent, 'succeeded')).find(({ worker }) => worker === name));
    stage.saw(`${name} works: task ${done.id} (${done.skill}) done`);
  }
  for (const { id, agent_id: agent } of lost) {
    await stage.waitFor(`task ${id}, which a killed worker had in hand, is done after all`, 20_000, async () =>
      (await stage.client.task(id)).status === 'succeeded' ? true : undefined);
    const kinds = (await eventsOf(stage.client, id)).map(({ kind }) => kind);
    hold(kinds.includes('reaped'), `task ${id} was taken back from the killed worker`, kinds);
    stage.saw(`task ${id}, which ${agent} had in hand when it was killed, was given to the new one: ${kinds.join(', ')}`);
  }

  const claimsNow = await claimsOf(stage.client, 'skeptic');
  hold(claimsNow.length === claimsBefore.length, 'nothing of skeptic has been claimed since the pause', claimsNow.slice(claimsBefore.length));
  const { length: waiting } = await tasksOf(stage.client, 'skeptic', 'queued');
  stage.saw(`skeptic's tasks were claimed ${claimsNow.length} times, all of them before the pause; ${waiting} wait`);
}
