import { watchLaunchers } from './launchers.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Being told to stop: by Ctrl-C, by `kill`, by a terminal that is closed, by the end of the `npx` that started us.
 * Repetitions do no harm; a shell and a package manager both pass Ctrl-C on, so a second one means nothing.
 */
export class StopRequests {
  /** Resolves at the first request. */
  readonly first: Promise<void>;
  readonly #stopping = new AbortController();
  readonly #request = (): void => {
    this.#stopping.abort();
  };
  readonly #unwatch: () => void;

  constructor() {
    this.first = new Promise((resolve) => {
      this.signal.addEventListener('abort', () => resolve());
    });
    for (const name of SIGNALS) process.on(name, this.#request);
    this.#unwatch = watchLaunchers(this.#request);
  }

  /** Aborted at the first request. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Signals do again what they do by default. */
  close(): void {
    for (const name of SIGNALS) process.off(name, this.#request);
    this.#unwatch();
  }
}
