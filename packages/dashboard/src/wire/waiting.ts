/** A wait that can be cut short. */
export class Waiting {
  #wake: (() => void) | undefined;

  /** Ends the wait in progress, if there is one. */
  wake(): void {
    this.#wake?.();
  }

  /** Resolves after `durationMs`, on `wake()`, or when `signal` aborts; never rejects. */
  async wait(durationMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, durationMs);
      signal.addEventListener('abort', done);
      this.#wake = done;
    });
  }
}
