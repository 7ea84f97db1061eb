import { AGENT_NAMES } from '../../agents.ts';
import { gist } from '../gist.ts';
import { tasksOf } from '../queue-looks.ts';
import type { Stage } from '../stage.ts';

const TASKS_WANTED = 3;

/** Three agents, each a process of its own, work through the files of a real repository, and their results are kept. */
export async function fleetWorks(stage: Stage): Promise<void> {
  await stage.keepBusy(AGENT_NAMES);
  stage.startAgents();
  for (const agent of AGENT_NAMES) {
    const done = await stage.waitFor(`${agent} gets ${TASKS_WANTED} tasks done`, 20_000, async () => {
      const succeeded = await tasksOf(stage.client, agent, 'succeeded');
      return succeeded.length >= TASKS_WANTED && succeeded.every(({ result }) => result !== null)
        ? succeeded
        : undefined;
    });
    const last = done.at(-1);
    stage.saw(
      `${agent}: ${done.length} tasks done; task ${last?.id}, ${last?.skill} of ${last?.quest_id}: ` +
        `${gist(last?.result)}`,
    );
  }
}
