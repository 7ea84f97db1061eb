import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CLI } from './cli.ts';

const CAREFUL_AGENT = fileURLToPath(new URL('careful-agent.ts', import.meta.url));
const STOP_WAIT_MS = 10_000;

export interface CommandWorkerOptions {
  skill: string;
  concurrency: number;
  /** Below it each task has a working folder of its own. */
  folder: string;
  env: NodeJS.ProcessEnv;
}

/** `orchestra worker -- node careful-agent.ts` as a process. */
export class CommandWorker {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  constructor({ skill, concurrency, folder, env }: CommandWorkerOptions) {
    const args = ['worker', '--skill', skill, '--concurrency', String(concurrency), '--folder', folder, '--time-limit', '1m', '--', process.execPath, CAREFUL_AGENT];
    this.#child = spawn(process.execPath, [CLI, ...args], { env, stdio: 'ignore' });
    this.pid = this.#child.pid ?? 0;
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', () => resolve());
      this.#child.once('close', () => resolve());
    });
  }

  /** As Ctrl-C does. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM');
    const force = setTimeout(() => this.#child.kill('SIGKILL'), STOP_WAIT_MS);
    await this.#ended;
    clearTimeout(force);
  }
}
