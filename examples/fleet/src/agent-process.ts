import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
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

/** One agent's worker as a process. It ends by itself when this process is gone. */
export class AgentProcess {
  readonly agent: AgentName;
  readonly pid: number;
  /** Resolves with how it ended. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;

  constructor({ agent, paceMs, env, onMessage, onLine }: AgentProcessOptions) {
    this.agent = agent;
    this.#child = fork(MAIN, ['--agent', agent, '--pace', String(paceMs)], { env, execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.pid = this.#child.pid ?? 0;
    this.#child.on('message', (raw) => {
      const message = agentMessage.safeParse(raw);
      if (message.success) onMessage(message.data);
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) if (stream) createInterface({ input: stream }).on('line', onLine);
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(error.message));
      this.#child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
  }

  /** Lets it finish or put back its task; resolves when the process is gone. */
  async stop(): Promise<void> {
    this.#signal('SIGTERM');
    const force = setTimeout(() => this.#signal('SIGKILL'), STOP_WAIT_MS);
    await this.ended;
    clearTimeout(force);
  }

  /** As the machine's loss would end it: with no chance to say anything. */
  async kill(): Promise<void> {
    this.#signal('SIGKILL');
    await this.ended;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
  }
}
