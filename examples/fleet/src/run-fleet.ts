import type { Client } from '@orchestra-brake/client';
import { sleep } from '@orchestra/timing';
import { AGENT_NAMES, type AgentName } from './agents.ts';
import type { AgentMessage } from './agent-message.ts';
import { Crew } from './crew.ts';
import { enqueuePlan } from './enqueue-plan.ts';
import { openRepository } from './git/repository.ts';
import { Ledger } from './ledger.ts';
import { planSweep } from './plan.ts';

const LOOK_EVERY_MS = 1_000;
const BACKLOG_PAGES_MAX = 20;
// For an agent that finds nothing to do in this repository: files may come.
const PLAN_AGAIN_AFTER_MS = 30_000;

export interface FleetOptions {
  client: Client;
  /** A folder in the repository that the fleet works on. */
  repo: string;
  /** One sweep, to its end. Otherwise each agent begins another one whenever it is through. */
  once: boolean;
  paceMs: number;
  /** For the agents' processes: they find the services by it. */
  env: NodeJS.ProcessEnv;
  say: (line: string) => void;
  /** Stops the fleet; what is queued stays queued. */
  signal: AbortSignal;
}

export interface FleetReport {
  done: number;
  failed: number;
  /** An agent died again and again. */
  givenUp: boolean;
}

/** Plans, starts the agents and follows them. Leaves no process behind, however it ends. */
export async function runFleet(options: FleetOptions): Promise<FleetReport> {
  const { signal } = options;
  const { root } = await openRepository(options.repo, signal);
  const fleet = new Fleet({ ...options, repo: root });
  try {
    await fleet.begin();
    while (!signal.aborted && !fleet.givenUp && !(options.once && fleet.settled)) {
      await sleep(LOOK_EVERY_MS, signal); // aborted: the loop's condition ends it
      if (!signal.aborted) await fleet.look();
    }
  } catch (error) {
    if (!signal.aborted) throw error; // stopped while it began
  } finally {
    await fleet.stop();
  }
  return fleet.report();
}

class Fleet {
  readonly #options: FleetOptions;
  readonly #ledgers: Record<AgentName, Ledger> = {
    skeptic: new Ledger(),
    librarian: new Ledger(),
    scribe: new Ledger(),
  };
  readonly #doneBefore: Record<AgentName, number> = { skeptic: 0, librarian: 0, scribe: 0 };
  readonly #crew: Crew;
  #paused: ReadonlyMap<AgentName, string> = new Map();
  #shown = '';
  #lastTrouble = '';
  readonly #idleUntilMs: Record<AgentName, number> = { skeptic: 0, librarian: 0, scribe: 0 };

  constructor(options: FleetOptions) {
    this.#options = options;
    const { paceMs, env, say } = options;
    this.#crew = new Crew({ paceMs, env, say, onMessage: (agent, message) => this.#heard(agent, message) });
  }

  get givenUp(): boolean {
    return this.#crew.givenUp;
  }
  get settled(): boolean {
    return AGENT_NAMES.every((agent) => this.#ledgers[agent].settled);
  }

  async begin(): Promise<void> {
    const { once, repo, say } = this.#options;
    const wanting = once ? AGENT_NAMES : await this.#withoutBacklog();
    await this.#enqueue(wanting);
    if (this.settled && once) throw new Error(`${repo} tracks no files: there is nothing to do`);
    this.#crew.start();
    say(`${AGENT_NAMES.join(', ')} are at work on ${repo}; Ctrl-C stops them`);
  }

  /** One look at how far everybody is. What it cannot see now (the services are away, for one) it says once. */
  async look(): Promise<void> {
    try {
      await this.#look();
      this.#lastTrouble = '';
    } catch (error) {
      const trouble = error instanceof Error ? error.message : String(error);
      if (trouble !== this.#lastTrouble && !this.#options.signal.aborted) this.#options.say(trouble);
      this.#lastTrouble = trouble;
    }
  }

  async #look(): Promise<void> {
    const { client, once } = this.#options;
    const through: AgentName[] = [];
    for (const agent of AGENT_NAMES) {
      const ledger = this.#ledgers[agent];
      if (ledger.done === this.#doneBefore[agent]) await ledger.reconcile(async (id) => (await client.task(id)).status);
      this.#doneBefore[agent] = ledger.done;
      if (ledger.settled && performance.now() > this.#idleUntilMs[agent]) through.push(agent);
    }
    this.#paused = await this.#pausedAgents();
    this.#showProgress();
    if (!once && through.length > 0) await this.#enqueue(through);
  }

  async stop(): Promise<void> {
    await this.#crew.stop();
    if (this.#crew.started) this.#showProgress();
  }

  report(): FleetReport {
    const ledgers = AGENT_NAMES.map((agent) => this.#ledgers[agent]);
    const sum = (counts: number[]): number => counts.reduce((a, b) => a + b, 0);
    return {
      done: sum(ledgers.map(({ done }) => done)),
      failed: sum(ledgers.map(({ failed }) => failed)),
      givenUp: this.givenUp,
    };
  }

  async #enqueue(agents: readonly AgentName[]): Promise<void> {
    if (agents.length === 0) return;
    const { client, repo, signal } = this.#options;
    const plan = (await planSweep(repo, signal)).filter((task) => agents.includes(task.agent_id));
    const ids = await enqueuePlan(client, plan, signal);
    for (const agent of agents) {
      this.#ledgers[agent].add(ids[agent]);
      if (ids[agent].length === 0) this.#idleUntilMs[agent] = performance.now() + PLAN_AGAIN_AFTER_MS;
    }
  }

  /**
   * Agents with nothing queued for this repository. What an earlier fleet has left is gone on with, instead of being
   * added again.
   */
  async #withoutBacklog(): Promise<AgentName[]> {
    const { client, repo, signal } = this.#options;
    const empty: AgentName[] = [];
    for (const agent of AGENT_NAMES) {
      let cursor: string | undefined;
      for (let page = 0; page < BACKLOG_PAGES_MAX; page++) {
        const answer = await client.tasks({ agent_id: agent, status: 'queued', limit: 200, cursor }, { signal });
        this.#ledgers[agent].add(answer.tasks.filter(({ payload }) => payload['repo'] === repo).map(({ id }) => id));
        if (answer.next_cursor === null) break;
        cursor = answer.next_cursor;
      }
      if (this.#ledgers[agent].settled) empty.push(agent);
    }
    return empty;
  }

  #heard(agent: AgentName, message: AgentMessage): void {
    const { say } = this.#options;
    switch (message.kind) {
      case 'started':
        break;
      case 'ended':
        this.#ledgers[agent].ended(message.id, message.status);
        break;
      case 'stopped_at_checkpoint':
        say(`${agent}: task ${message.id} (${message.skill}) stopped at a checkpoint: ${message.reason}`);
        break;
      case 'trouble':
        say(`${agent}: ${message.what}`);
        break;
    }
  }

  async #pausedAgents(): Promise<Map<AgentName, string>> {
    const paused = new Map<AgentName, string>();
    for (const agent of AGENT_NAMES) {
      const { reason, paused: isPaused } = await this.#options.client.check(
        { agent_id: agent },
        { signal: this.#options.signal },
      );
      if (isPaused) paused.set(agent, reason ?? 'paused');
    }
    return paused;
  }

  #showProgress(): void {
    const parts = AGENT_NAMES.map((agent) => {
      const { done, total, failed } = this.#ledgers[agent];
      const reason = this.#paused.get(agent);
      const failures = failed > 0 ? ` (${failed} failed)` : '';
      const pause = reason === undefined ? '' : ` (paused: ${reason})`;
      return `${agent} ${done}/${total}${failures}${pause}`;
    });
    const line = parts.join(' · ');
    if (line !== this.#shown) this.#options.say(line);
    this.#shown = line;
  }
}
