import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from '@orchestra/testkit';
import type { Orchestra } from './orchestra.ts';

interface Line {
  event: string;
  task?: string;
  why?: string;
}

/** A worker as a process of its own. */
export class WorkerProcess {
  readonly lines: Line[] = [];
  readonly #child: ChildProcess;

  constructor(
    orchestra: Orchestra,
    env: {
      WORKER_NAME: string;
      WORKER_MODE: 'quick' | 'hang' | 'loop' | 'die';
      WORKER_CONCURRENCY?: string;
      WORKER_PREFETCH?: string;
    },
  ) {
    this.#child = spawn(process.execPath, [fileURLToPath(new URL('fixture-worker.ts', import.meta.url))], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        ...env,
        ORCHESTRA_URL: orchestra.toPauseApi.url,
        ORCHESTRA_TASKS_URL: orchestra.toClaimer.url,
        ORCHESTRA_TOKEN: orchestra.workerToken,
      },
    });
    if (this.#child.stdout === null) throw new Error('no output to listen to');
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.lines.push(JSON.parse(line) as Line));
  }

  async told(event: string, task?: string): Promise<Line> {
    return until(`${event} ${task ?? ''}`, () =>
      this.lines.find((line) => line.event === event && (task === undefined || line.task === task)),
    );
  }

  freeze(): void {
    this.#child.kill('SIGSTOP');
  }
  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}
