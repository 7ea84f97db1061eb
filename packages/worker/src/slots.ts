/** A bounded number of things at a time. */
export class Slots<T> {
  readonly #size: number;
  readonly #taken = new Set<T>();
  #waiting: PromiseWithResolvers<void> | undefined;

  constructor(size: number) {
    this.#size = size;
  }

  get free(): number { return this.#size - this.#taken.size; }
  get taken(): readonly T[] { return [...this.#taken]; }

  take(holder: T): void {
    this.#taken.add(holder);
  }

  giveBack(holder: T): void {
    this.#taken.delete(holder);
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  /** Resolves when at least one is free, or the signal has aborted. */
  async oneFree(signal: AbortSignal): Promise<void> {
    while (this.free <= 0 && !signal.aborted) {
      this.#waiting ??= Promise.withResolvers<void>();
      const waiting = this.#waiting;
      const wake = () => waiting.resolve();
      signal.addEventListener('abort', wake);
      await waiting.promise;
      signal.removeEventListener('abort', wake);
    }
  }
}
