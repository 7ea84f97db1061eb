import { environmentForCommands } from '@orchestra/pause-core/secret-settings';
import type { ClaimedTask } from '@orchestra/task-queue/contract';

// Linux refuses to start a program with one variable beyond 128 KiB; a larger payload is on stdin alone, a larger
// answer in its file.
const TEXT_BYTES_MAX = 100_000;

/**
 * The environment of a command: this process's own without what could open a door of Orchestra (a command could clear
 * the pause that is meant to stop it), the task, and `extra`, which wins.
 *
 * @param answerFile where the answer to the task's questions is, if there is one
 */
export function commandEnvironment(
  task: ClaimedTask,
  payloadJson: string,
  own: NodeJS.ProcessEnv,
  extra: Record<string, string> = {},
  answerFile?: string,
): NodeJS.ProcessEnv {
  const ofTask: Record<string, string | null> = {
    ORCHESTRA_TASK_ID: task.id,
    ORCHESTRA_RUN_ID: task.run_id,
    ORCHESTRA_ATTEMPT: String(task.attempt),
    ORCHESTRA_AGENT_ID: task.agent_id,
    ORCHESTRA_SKILL: task.skill,
    ORCHESTRA_QUEST_ID: task.quest_id,
    ORCHESTRA_ACTOR_ID: task.actor_id,
    ORCHESTRA_REPO: task.repo,
    ORCHESTRA_PIPELINE: task.pipeline ?? null,
    ORCHESTRA_STAGE: task.stage ?? null,
    ORCHESTRA_PAYLOAD: whereItFits(payloadJson),
    ORCHESTRA_QUESTIONS: whereItFits(task.questions),
    ORCHESTRA_ANSWER: whereItFits(task.answer),
    ORCHESTRA_ANSWER_FILE: answerFile ?? null,
  };
  const env: NodeJS.ProcessEnv = environmentForCommands(own);
  // An outer task's do not shine through: they were withheld.
  for (const [name, value] of Object.entries(ofTask)) if (value !== null) env[name] = value;
  return { ...env, ...extra };
}

function whereItFits(text: string | null): string | null {
  return text !== null && Buffer.byteLength(text) <= TEXT_BYTES_MAX ? text : null;
}
