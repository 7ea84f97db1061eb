import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { plainEnvironment } from '@orchestra/testkit';

const READY_WAIT_MS = 120_000;
const LAST_WORDS = 40;
const CLOCK_SHIFT = new URL('clock-shift.ts', import.meta.url).href;

// Anyone who leaves in the middle of a run leaves no process behind, also none that is frozen and cannot hear of it.
const living = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

export interface ProcessOrder {
  /** For reports, for example `worker-claimer-2`. */
  name: string;
  /** The file of the script. */
  main: string;
  env: Record<string, string>;
}

/** A process that says when it is ready, and that can be killed, frozen, and told a wrong time; again and again. */
export class FaultyProcess {
  readonly name: string;
  readonly #order: ProcessOrder;
  #child: ChildProcess | undefined;
  #frozen = false;
  #words: string[] = [];
  /** Whether its end was asked for. */
  #expected = false;
  readonly #died: string[] = [];

  constructor(order: ProcessOrder) {
    this.name = order.name;
    this.#order = order;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }
  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }
  get frozen(): boolean {
    return this.#frozen;
  }
  /** The last lines that it wrote. */
  get words(): readonly string[] {
    return this.#words;
  }

  /** One line for each time that it ended although nobody asked it to. */
  get diedByItself(): readonly string[] {
    return this.#died;
  }

  /** Starts it; with `ready` also waits until it has said that it is. Where it runs already nothing happens. */
  async start({ ready = true }: { ready?: boolean } = {}): Promise<void> {
    if (this.running) return;
    const child = fork(this.#order.main, [], {
      execArgv: ['--import', CLOCK_SHIFT],
      env: { ...plainEnvironment(), ...this.#order.env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    this.#frozen = false;
    living.add(child);
    for (const output of [child.stdout, child.stderr]) {
      if (output !== null)
        createInterface({ input: output }).on('line', (line) => {
          this.#words.push(line);
          this.#words.splice(0, this.#words.length - LAST_WORDS);
        });
    }
    child.on('error', (error) => this.#words.push(error.message));
    this.#expected = false;
    child.once('exit', (code, by) => {
      living.delete(child);
      if (!this.#expected)
        this.#died.push(
          `${this.name} ended by itself (${by ?? `exit code ${code}`}): ${this.#words.slice(-5).join(' | ')}`,
        );
    });
    if (ready) await this.#ready(child);
  }

  /** Ends it without a chance to say anything. Waits until it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.running) return;
    const gone = once(child, 'exit');
    this.#expected = true;
    child.kill('SIGKILL'); // works on a frozen one as well
    await gone;
    this.#frozen = false;
  }

  freeze(): void {
    if (this.running) {
      this.#child?.kill('SIGSTOP');
      this.#frozen = true;
    }
  }
  thaw(): void {
    if (this.#frozen) {
      this.#child?.kill('SIGCONT');
      this.#frozen = false;
    }
  }

  /** Sets its wall clock by so much, against the true one. */
  shiftClock(clockShiftMs: number): void {
    // It may be ending just now; then it needs no clock.
    if (this.#child?.connected) this.#child.send({ clockShiftMs }, () => {});
  }

  /** Asks it to end in order, and ends it when it does not within `waitMs`. */
  async stop(waitMs = 15_000): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.running) return;
    this.thaw();
    const gone = once(child, 'exit');
    this.#expected = true;
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), waitMs);
    await gone;
    clearTimeout(force);
  }

  async #ready(child: ChildProcess): Promise<void> {
    const said = new Promise<void>((resolve) => {
      child.on('message', (message) => {
        if (typeof message === 'object' && 'ready' in message) resolve();
      });
    });
    let timer: NodeJS.Timeout | undefined;
    const failed = (how: string): Error => new Error(`${this.name} ${how}; its last words:\n${this.#words.join('\n')}`);
    try {
      await Promise.race([
        said,
        once(child, 'exit').then(() => {
          throw failed('ended before it was ready');
        }),
        new Promise<never>((_resolve, reject) => {
          timer = setTimeout(() => reject(failed(`was not ready after ${READY_WAIT_MS / 1_000} s`)), READY_WAIT_MS);
        }),
      ]);
    } finally {
      clearTimeout(timer);
    }
  }
}
