import type { ClaimedTask } from '@orchestra/task-queue/contract';

// Linux refuses to start a program with one variable beyond 128 KiB; a larger payload is on stdin alone.
const PAYLOAD_BYTES_MAX = 100_000;

// With these a command could clear the pause that is meant to stop it.
const WITHHELD = [
  'ORCHESTRA_TOKEN', 'ORCHESTRA_TOKEN_FILE', 'DATABASE_URL', 'DATABASE_URL_FILE', 'LISTEN_DATABASE_URL', 'LISTEN_DATABASE_URL_FILE',
];

/** The environment of a command: this process's own without its credentials, the task, and `extra`, which wins. */
export function commandEnvironment(task: ClaimedTask, payloadJson: string, own: NodeJS.ProcessEnv, extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const ofTask: Record<string, string | null> = {
    ORCHESTRA_TASK_ID: task.id,
    ORCHESTRA_RUN_ID: task.run_id,
    ORCHESTRA_ATTEMPT: String(task.attempt),
    ORCHESTRA_AGENT_ID: task.agent_id,
    ORCHESTRA_SKILL: task.skill,
    ORCHESTRA_QUEST_ID: task.quest_id,
    ORCHESTRA_ACTOR_ID: task.actor_id,
    ORCHESTRA_REPO: task.repo,
    ORCHESTRA_PAYLOAD: Buffer.byteLength(payloadJson) <= PAYLOAD_BYTES_MAX ? payloadJson : null,
  };
  const env: NodeJS.ProcessEnv = { ...own };
  for (const name of WITHHELD) delete env[name];
  for (const [name, value] of Object.entries(ofTask)) {
    if (value === null) delete env[name]; // an outer task's must not shine through
    else env[name] = value;
  }
  return { ...env, ...extra };
}
