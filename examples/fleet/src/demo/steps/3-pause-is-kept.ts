import { hold } from '@orchestra/example-acceptance';
import { type PauseReceipt } from '@orchestra/pause-core/contract';
import { taskEventView, type TaskEventView } from '@orchestra/task-queue/contract';
import { z } from 'zod';
import type { AgentName } from '../../agents.ts';
import { deferral, deferredFor } from '../deferred.ts';
import { eventsOf, tasksOf } from '../queue-looks.ts';
import type { Stage } from '../stage.ts';

const OTHERS: readonly AgentName[] = ['librarian', 'scribe'];
const TASKS_WANTED = 2;

/** What was in flight comes to a good end, the next claim is put off and says why, and nobody else notices. */
export async function pauseIsKept(stage: Stage, pause: PauseReceipt): Promise<void> {
  const othersDone = await Promise.all(OTHERS.map((agent) => tasksOf(stage.client, agent, 'succeeded')));

  await stage.waitFor('skeptic is quiet', 20_000, async () =>
    (await stage.client.allPauses()).find(({ id, quiet }) => id === pause.id && quiet),
  );
  for (const run of pause.in_flight ?? []) {
    const events = await eventsOf(stage.client, run.task_id);
    const end = events.find((event) => event.run_id === run.run_id && event.kind !== 'claimed');
    hold(
      end?.kind === 'completed' || isStopForPause(end),
      `the run of task ${run.task_id} finishes, or stops at its checkpoint`,
      events,
    );
    stage.saw(
      `task ${run.task_id}, in flight at the pause, ` +
        `${end?.kind === 'completed' ? 'has finished' : 'has stopped at its checkpoint and is back in its place'}`,
    );
  }

  const deferred = await stage.waitFor("skeptic's next claim is deferred", 10_000, async () =>
    (await tasksOf(stage.client, 'skeptic', 'queued')).find((task) => task.deferred_by === pause.id),
  );
  const { events } = z
    .object({ events: z.array(taskEventView) })
    .parse(await stage.orchestra('task', 'events', deferred.id));
  const data = deferral.parse(deferredFor(events, pause.id)?.data);
  hold(
    `${data.scope_kind} ${data.scope_value}: ${data.reason}` === 'agent skeptic: runaway loop',
    'the event names the scope and the reason',
    events,
  );
  stage.saw(
    `task ${deferred.id}: deferred for pause ${data.pause_id}, ${data.scope_kind} ${data.scope_value}: ${data.reason}`,
  );

  for (const [at, agent] of OTHERS.entries()) {
    await stage.keepBusy([agent]);
    const before = othersDone[at]?.length ?? 0;
    const done = await stage.waitFor(`${agent} goes on`, 20_000, async () => {
      const { length } = await tasksOf(stage.client, agent, 'succeeded');
      return length >= before + TASKS_WANTED ? length : undefined;
    });
    stage.saw(`${agent} goes on: ${before} tasks done then, ${done} now`);
  }
}

function isStopForPause(end: TaskEventView | undefined): boolean {
  return end?.kind === 'released' && z.looseObject({ cause: z.literal('pause') }).safeParse(end.data).success;
}
