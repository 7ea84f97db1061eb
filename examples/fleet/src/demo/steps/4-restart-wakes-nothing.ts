import { hold } from '@orchestra/example-acceptance';
import type { PauseReceipt } from '@orchestra/pause-core/contract';
import type { AgentName } from '../../agents.ts';
import { planSweep } from '../../plan.ts';
import { deferredFor } from '../deferred.ts';
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

  // First of all that is queued: whoever could take it would.
  const [task] = (await planSweep(stage.repo, stage.signal)).filter((planned) => planned.agent_id === 'skeptic');
  hold(task !== undefined, 'there is something for skeptic to do', task);
  const {
    ids: [probe],
  } = await stage.client.enqueue({ ...task, priority: FRONT });
  hold(probe !== undefined, 'a task is added', probe);
  await stage.waitFor(`task ${probe} is deferred`, 20_000, async () =>
    deferredFor(await eventsOf(stage.client, probe), pause.id),
  );
  // A claim that finds nothing waits at the service. The others have something to do, so it is skeptic's.
  await stage.waitFor('skeptic asks for work and gets none', 20_000, async () => {
    const busy = await Promise.all(
      OTHERS.map(async (agent) => (await tasksOf(stage.client, agent, 'queued')).length > 0),
    );
    return busy.every(Boolean) && (await claimsWaiting(stage)) === 1 ? true : undefined;
  });
  stage.saw(
    `${stage.workerName('skeptic')} has asked for work and waits: task ${probe}, added just now at the ` +
      'front, was deferred',
  );

  for (const agent of OTHERS) {
    const name = stage.workerName(agent);
    const done = await stage.waitFor(`${name} works`, 20_000, async () =>
      (await tasksOf(stage.client, agent, 'succeeded')).find(({ worker }) => worker === name),
    );
    stage.saw(`${name} works: task ${done.id} (${done.skill}) done`);
  }
  for (const { id, agent_id: agent } of lost) {
    await stage.waitFor(`task ${id}, which a killed worker had in hand, is done after all`, 20_000, async () =>
      (await stage.client.task(id)).status === 'succeeded' ? true : undefined,
    );
    const kinds = (await eventsOf(stage.client, id)).map(({ kind }) => kind);
    hold(kinds.includes('reaped'), `task ${id} was taken back from the killed worker`, kinds);
    stage.saw(
      `task ${id}, which ${agent} had in hand when it was killed, was given to the new one: ${kinds.join(', ')}`,
    );
  }

  const claimsNow = await claimsOf(stage.client, 'skeptic');
  hold(
    claimsNow.length === claimsBefore.length,
    'nothing of skeptic has been claimed since the pause',
    claimsNow.slice(claimsBefore.length),
  );
  const { length: waiting } = await tasksOf(stage.client, 'skeptic', 'queued');
  stage.saw(`skeptic's tasks were claimed ${claimsNow.length} times, all of them before the pause; ${waiting} wait`);
}

async function claimsWaiting(stage: Stage): Promise<number> {
  const metrics = await (await fetch(`${stage.where.worker_claimer}/metrics`, { signal: stage.signal })).text();
  return Number(/^orchestra_claim_waiters(?:\{[^}]*\})? (\d+)$/m.exec(metrics)?.[1] ?? Number.NaN);
}
