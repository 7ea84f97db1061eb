import { sleep } from './sleep.ts';

/** A wait that another part of the program can end. At most one wait at a time. */
export class Sleeper {
  #waking: AbortController | undefined;

  /** Ends the wait in progress. Without one it does nothing. */
  wake(): void {
    this.#waking?.abort();
  }

  /** Resolves after `durationMs`, on `wake()`, or when the signal aborts. Never rejects. */
  async wait(durationMs: number, signal?: AbortSignal): Promise<void> {
    const waking = (this.#waking = new AbortController());
    const wake = (): void => waking.abort();
    if (signal?.aborted) return;
    signal?.addEventListener('abort', wake);
    try {
      await sleep(durationMs, waking.signal);
    } finally {
      signal?.removeEventListener('abort', wake);
      if (this.#waking === waking) this.#waking = undefined;
    }
  }
}
