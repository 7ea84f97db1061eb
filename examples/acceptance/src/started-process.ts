import type { ChildProcess } from 'node:child_process';

/** A process that was started here, and is stopped in order. */
export class StartedProcess {
  /** 0: it could not be started, which `ended` tells. */
  readonly pid: number;
  /** Resolves with how it ended. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #stopWaitMs: number;

  /**
   * Call it in the same turn in which the process was started.
   *
   * @param stopWaitMs from TERM to KILL
   */
  constructor(child: ChildProcess, stopWaitMs: number) {
    this.#child = child;
    this.#stopWaitMs = stopWaitMs;
    this.pid = child.pid ?? 0;
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
  }

  /** As Ctrl-C does; resolves with how it ended, when it is gone. */
  async stop(): Promise<string> {
    this.#signal('SIGTERM');
    const force = setTimeout(() => this.#signal('SIGKILL'), this.#stopWaitMs);
    const how = await this.ended;
    clearTimeout(force);
    return how;
  }

  /** As the machine's loss would end it: with no chance to say anything. */
  async kill(): Promise<string> {
    this.#signal('SIGKILL');
    return this.ended;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
  }
}
