import { readFile } from 'node:fs/promises';
import { createClient, type Client } from '@orchestra-brake/client';
import {
  hold,
  UpProcess,
  waitFor,
  type Cleanup,
  type StartedProcess,
  type WhereItIs,
} from '@orchestra/example-acceptance';
import { AGENT_NAMES, type AgentName } from '../agents.ts';
import { AgentProcess } from '../agent-process.ts';
import { enqueuePlan } from '../enqueue-plan.ts';
import { planSweep } from '../plan.ts';
import { orchestra, typed } from './cli.ts';
import { startCommandWorker, type CommandWorkerOptions } from './command-worker.ts';
import { tasksOf } from './queue-looks.ts';

// Slow enough for a pause to find something in flight, fast enough for a demonstration.
const PACE_MS = 60;
const BUSY_MIN = 30;
const SWEEPS_MAX = 10;
const LINES_KEPT = 40;

export interface StageOptions {
  env: NodeJS.ProcessEnv;
  /** The repository that the fleet works on. */
  repo: string;
  /** For files of its own; whoever opened the stage removes it. */
  scratch: string;
  cleanup: Cleanup;
  say: (line: string) => void;
  signal: AbortSignal;
}

/** Where the acceptance run plays: what was started, and what the steps do with it. */
export class Stage {
  readonly repo: string;
  readonly where: WhereItIs;
  readonly token: string;
  readonly client: Client;
  /** The end of what the agents wrote. */
  readonly agentLines: string[] = [];
  readonly agents = new Map<AgentName, AgentProcess>();
  readonly #commandWorkers: StartedProcess[] = [];
  readonly #up: UpProcess;
  readonly #options: StageOptions;

  private constructor(options: StageOptions, up: UpProcess, where: WhereItIs, token: string) {
    this.#options = options;
    this.#up = up;
    this.repo = options.repo;
    this.where = where;
    this.token = token;
    this.client = createClient({ url: where.pause_api, tasksUrl: where.worker_claimer, token });
  }

  /** Starts `orchestra up` as a process and waits until all of it is ready. */
  static async open(options: StageOptions): Promise<Stage> {
    const up = new UpProcess(options.env);
    options.cleanup.add(() => up.stop());
    const where = await up.ready(options.signal);
    const stage = new Stage(options, up, where, (await readFile(where.token_file, 'utf8')).trim());
    options.cleanup.add(() => stage.#stopWorkers());
    return stage;
  }

  get scratch(): string {
    return this.#options.scratch;
  }

  get signal(): AbortSignal {
    return this.#options.signal;
  }

  /** Tells the reader what was seen. */
  saw(line: string): void {
    this.#options.say(`   ${line}`);
  }

  /** Runs the real command line and answers what it printed. */
  async orchestra(...args: string[]): Promise<unknown> {
    this.#options.say(`   $ ${typed(args)}`);
    return orchestra(args, this.#options.env, this.signal);
  }

  /** @throws NotHeld when nothing was found within the time */
  waitFor<T>(what: string, withinMs: number, look: () => Promise<T | undefined>): Promise<T> {
    return waitFor(what, { withinMs, signal: this.signal }, look);
  }

  /** Starts each agent's worker as a process of its own. */
  startAgents(): void {
    for (const agent of AGENT_NAMES) {
      const onLine = (line: string): void => {
        this.agentLines.push(`${agent}: ${line}`);
        this.agentLines.splice(0, this.agentLines.length - LINES_KEPT);
      };
      this.agents.set(
        agent,
        new AgentProcess({
          agent,
          paceMs: PACE_MS,
          env: this.#options.env,
          onLine,
          onMessage: (message) => {
            if (message.kind === 'trouble') onLine(message.what);
          },
        }),
      );
    }
    this.saw(`started ${[...this.agents.values()].map(({ agent, pid }) => `${agent} (pid ${pid})`).join(', ')}`);
  }

  /** Starts a worker that runs a command for each task, as a process of its own. */
  startCommandWorker(options: Omit<CommandWorkerOptions, 'env'>): void {
    const worker = startCommandWorker({ ...options, env: this.#options.env });
    this.#commandWorkers.push(worker);
    this.saw(
      `started orchestra worker --skill ${options.skill} --concurrency ${options.concurrency} (pid ${worker.pid})`,
    );
  }

  /** The name under which an agent's present process claims. */
  workerName(agent: AgentName): string {
    const process = this.agents.get(agent);
    hold(process !== undefined, `${agent} has been started`, null);
    return `${agent}-${process.pid}`;
  }

  /** SIGKILL for every one of them: no goodbye, no handing back. */
  async killAgents(): Promise<void> {
    const processes = [...this.agents.values()];
    const ends = await Promise.all(processes.map((process) => process.kill()));
    hold(
      ends.every((end) => end === 'SIGKILL'),
      'every worker is killed',
      ends,
    );
    this.saw(`killed ${processes.map(({ agent, pid }) => `${agent} (pid ${pid})`).join(', ')} with SIGKILL`);
  }

  /** Adds sweeps until each of the agents has work for a while. */
  async keepBusy(agents: readonly AgentName[]): Promise<void> {
    const plan = await planSweep(this.repo, this.signal);
    for (const agent of agents) {
      const own = plan.filter((task) => task.agent_id === agent);
      hold(own.length > 0, `there is something in ${this.repo} for ${agent}`, own);
      let queued = (await tasksOf(this.client, agent, 'queued')).length;
      for (let sweeps = 0; queued < BUSY_MIN && sweeps < SWEEPS_MAX; sweeps++, queued += own.length)
        await enqueuePlan(this.client, own, this.signal);
    }
  }

  /** Stops everything in order and makes sure that nothing is left of it. */
  async close(): Promise<void> {
    await this.#stopWorkers();
    const how = await this.#up.stop();
    hold(how === 'exit code 0', 'orchestra up stops in order', how);
    const left = [this.#up, ...this.agents.values(), ...this.#commandWorkers].map(({ pid }) => pid).filter(isRunning);
    hold(left.length === 0, 'no process is left', left);
    for (const url of [this.where.pause_api, this.where.worker_claimer, this.where.alert_cascade]) {
      const answers = await fetch(`${url}/livez`, { signal: AbortSignal.timeout(2_000) }).then(
        () => true,
        () => false,
      );
      hold(!answers, 'no service answers any more', url);
    }
  }

  async #stopWorkers(): Promise<void> {
    await Promise.all([...this.agents.values(), ...this.#commandWorkers].map((process) => process.stop()));
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
