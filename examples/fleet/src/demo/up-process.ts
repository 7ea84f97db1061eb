import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { CLI } from './cli.ts';
import { NotHeld } from './not-held.ts';

/** What `orchestra up --json` prints when everything is ready. */
const whereItIs = z.object({ pause_api: z.url(), worker_claimer: z.url(), alert_cascade: z.url(), database: z.string(), token_file: z.string() });
export type WhereItIs = z.infer<typeof whereItIs>;

// The first start of a PostgreSQL has a cluster to make.
const READY_WAIT_MS = 60_000;
const STOP_WAIT_MS = 30_000;
const WORDS_KEPT = 30;

/** `orchestra up` as a process. */
export class UpProcess {
  readonly pid: number;
  /** The end of what it said. */
  readonly words: string[] = [];
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #ready: Promise<string>;

  constructor(env: NodeJS.ProcessEnv) {
    this.#child = spawn(process.execPath, [CLI, 'up', '--json'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.pid = this.#child.pid ?? 0;
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(error.message));
      this.#child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#ready = promise;
    if (this.#child.stdout) createInterface({ input: this.#child.stdout }).on('line', (line) => { this.#keep(line); resolve(line); });
    if (this.#child.stderr) createInterface({ input: this.#child.stderr }).on('line', (line) => this.#keep(line));
  }

  /** @throws NotHeld when it ends before it is ready, or takes too long; the signal's reason */
  async ready(signal: AbortSignal): Promise<WhereItIs> {
    const late = AbortSignal.timeout(READY_WAIT_MS);
    const line = await new Promise<string>((resolve, reject) => {
      void this.#ready.then(resolve);
      void this.ended.then((how) => reject(new NotHeld(`orchestra up ended before it was ready (${how})`)));
      late.addEventListener('abort', () => reject(new NotHeld(`orchestra up was not ready after ${READY_WAIT_MS / 1_000} s`)));
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
    return whereItIs.parse(JSON.parse(line));
  }

  /** As Ctrl-C does. Answers how it ended. */
  async stop(): Promise<string> {
    this.#signal('SIGTERM');
    const force = setTimeout(() => this.#signal('SIGKILL'), STOP_WAIT_MS);
    const how = await this.ended;
    clearTimeout(force);
    return how;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
  }

  #keep(line: string): void {
    this.words.push(line);
    this.words.splice(0, this.words.length - WORDS_KEPT);
  }
}
