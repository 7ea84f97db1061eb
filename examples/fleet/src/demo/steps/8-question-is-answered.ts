import { hold } from '@orchestra/example-acceptance';
import { taskView } from '@orchestra/task-queue/contract';
import { z } from 'zod';
import type { Stage } from '../stage.ts';
import { gateOf } from './7-one-task-of-a-repo.ts';

const REPO = 'demo/shop';
const SKILL = 'careful';

const output = z.looseObject({ stdout: z.string() });

/** A task asks a person. It is parked with its question, its repo goes on, and the answer reaches its next run. */
export async function questionIsAnswered(stage: Stage): Promise<void> {
  const {
    ids: [asking = '', next = ''],
  } = await stage.client.enqueue({
    tasks: [
      { repo: REPO, skill: SKILL, payload: { ask: 'Which branch?' }, max_attempts: 1 },
      { repo: REPO, skill: SKILL },
    ],
  });
  await stage.waitFor(
    `task ${next} is done`,
    20_000,
    async () => (await stage.client.task(next)).status === 'succeeded' || undefined,
  );
  const parked = taskView.parse(await stage.orchestra('task', 'show', asking));
  hold(
    parked.questions === 'Which branch?\n' && parked.answer === null && parked.paused_at !== null,
    'the task is parked with its question',
    parked,
  );
  hold(parked.status === 'queued' && parked.attempt === 0, 'asking has used up no attempt', parked);
  const gate = await gateOf(stage, REPO);
  hold(
    gate.in_progress === 0 && gate.parked[0]?.task_id === asking && gate.parked[0].has_question,
    'the gate tells that it waits for an answer',
    gate,
  );
  stage.saw(`task ${asking} asks "${parked.questions.trim()}" and is parked; task ${next} behind it is done`);

  const answered = taskView.parse(await stage.orchestra('task', 'answer', asking, '--text', 'on main'));
  hold(answered.paused_at === null && answered.answer === 'on main', 'the answer lets it go on', answered);
  const { result, attempt } = await stage.waitFor(`task ${asking} is done`, 20_000, async () => {
    const task = await stage.client.task(asking);
    return task.status === 'succeeded' ? task : undefined;
  });
  hold(output.safeParse(result).data?.stdout === 'done, on main' && attempt === 1, 'its next run has got the answer', {
    result,
    attempt,
  });
  stage.saw(`task ${asking} was answered "on main" and says: done, on main`);
}
