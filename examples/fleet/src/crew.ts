import { AGENT_NAMES, type AgentName } from './agents.ts';
import type { AgentMessage } from './agent-message.ts';
import { AgentProcess } from './agent-process.ts';

// An agent that dies at once, again and again, has something wrong with it that another start does not heal.
const STARTS_MAX = 5;
const STARTS_WITHIN_MS = 60_000;

export interface CrewOptions {
  paceMs: number;
  env: NodeJS.ProcessEnv;
  onMessage: (agent: AgentName, message: AgentMessage) => void;
  say: (line: string) => void;
}

/** The agents as processes, each started again when it dies. */
export class Crew {
  readonly #options: CrewOptions;
  readonly #running = new Map<AgentName, AgentProcess>();
  #stopping = false;
  #givenUp = false;

  constructor(options: CrewOptions) {
    this.#options = options;
  }

  get started(): boolean {
    return this.#running.size > 0;
  }

  /** One of them died again and again and stays down. */
  get givenUp(): boolean {
    return this.#givenUp;
  }

  start(): void {
    for (const agent of AGENT_NAMES) void this.#keepRunning(agent);
  }

  /** Resolves when every process is gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#running.values()].map((running) => running.stop()));
  }

  async #keepRunning(agent: AgentName): Promise<void> {
    const { paceMs, env, say, onMessage } = this.#options;
    const startedAtMs: number[] = [];
    while (!this.#stopping) {
      startedAtMs.push(performance.now());
      const running = new AgentProcess({
        agent,
        paceMs,
        env,
        onLine: (line) => say(`${agent}: ${line}`),
        onMessage: (message) => onMessage(agent, message),
      });
      this.#running.set(agent, running);
      const how = await running.ended;
      if (this.#stopping) return;
      const recent = startedAtMs.filter((at) => at > performance.now() - STARTS_WITHIN_MS);
      if (recent.length >= STARTS_MAX) {
        say(`${agent} has died ${recent.length} times within a minute (${how}); the fleet stops`);
        this.#givenUp = true;
        return;
      }
      say(`${agent} has died (${how}) and is started again`);
    }
  }
}
