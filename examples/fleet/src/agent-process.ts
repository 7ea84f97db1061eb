import { fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { StartedProcess } from '@orchestra/example-acceptance';
import type { AgentName } from './agents.ts';
import { agentMessage, type AgentMessage } from './agent-message.ts';

const MAIN = fileURLToPath(new URL('agent.ts', import.meta.url));
// Longer than an agent gives its task to end in.
const STOP_WAIT_MS = 20_000;

export interface AgentProcessOptions {
  agent: AgentName;
  paceMs: number;
  env: NodeJS.ProcessEnv;
  onMessage: (message: AgentMessage) => void;
  /** Told each line that it writes. */
  onLine: (line: string) => void;
}

/**
 * One agent's worker as a process. It ends by itself when this process is gone; stopped, it finishes or puts back its
 * task.
 */
export class AgentProcess extends StartedProcess {
  readonly agent: AgentName;

  constructor({ agent, paceMs, env, onMessage, onLine }: AgentProcessOptions) {
    const child = fork(MAIN, ['--agent', agent, '--pace', String(paceMs)], {
      env,
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    super(child, STOP_WAIT_MS);
    this.agent = agent;
    child.on('message', (raw) => {
      const message = agentMessage.safeParse(raw);
      if (message.success) onMessage(message.data);
    });
    for (const stream of [child.stdout, child.stderr])
      if (stream) createInterface({ input: stream }).on('line', onLine);
  }
}
