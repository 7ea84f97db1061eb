import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { NotHeld } from './not-held.ts';
import { StartedProcess } from './started-process.ts';

/** The program that `npx pnpm orchestra` runs. */
export const CLI = fileURLToPath(new URL('../../../packages/cli/bin/run.js', import.meta.url));

/** What `orchestra up --json` prints when everything is ready. */
const whereItIs = z.object({
  pause_api: z.url(),
  worker_claimer: z.url(),
  alert_cascade: z.url(),
  database: z.string(),
  token_file: z.string(),
});
export type WhereItIs = z.infer<typeof whereItIs>;

// The first start of a PostgreSQL has a cluster to make.
const READY_WAIT_MS = 60_000;
const STOP_WAIT_MS = 30_000;
const WORDS_KEPT = 30;

/** `orchestra up` as a process. */
export class UpProcess extends StartedProcess {
  /** The end of what it said. */
  readonly #words: string[] = [];
  readonly #ready = Promise.withResolvers<WhereItIs>();

  constructor(env: NodeJS.ProcessEnv) {
    const child = spawn(process.execPath, [CLI, 'up', '--json'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    super(child, STOP_WAIT_MS);
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#keep(line);
      const where = readWhere(line);
      if (where !== undefined) this.#ready.resolve(where);
    });
    createInterface({ input: child.stderr }).on('line', (line) => this.#keep(line));
  }

  /**
   * @throws NotHeld with the end of what it said, when it ends before it is ready, or takes too long; the signal's
   * reason
   */
  async ready(signal: AbortSignal): Promise<WhereItIs> {
    signal.throwIfAborted();
    const late = AbortSignal.timeout(READY_WAIT_MS);
    return new Promise((resolve, reject) => {
      const notReady = (why: string): void => reject(new NotHeld([`orchestra up ${why}`, ...this.#words].join('\n')));
      void this.#ready.promise.then(resolve);
      void this.ended.then((how) => notReady(`ended before it was ready (${how})`));
      late.addEventListener('abort', () => notReady(`was not ready after ${READY_WAIT_MS / 1_000} s`));
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  }

  #keep(line: string): void {
    this.#words.push(line);
    this.#words.splice(0, this.#words.length - WORDS_KEPT);
  }
}

/** undefined: the line is another. Of what goes wrong it tells on stdout as well, as JSON over several lines. */
function readWhere(line: string): WhereItIs | undefined {
  try {
    return whereItIs.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
