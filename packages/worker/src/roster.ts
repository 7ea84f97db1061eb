/**
 * The runs of a worker: those that have begun, those claimed ahead that wait for it, and those whose handler has ended
 * and whose ending the service does not know yet.
 */
export class Roster<Run> {
  readonly #concurrency: number;
  readonly #all = new Set<Run>();
  readonly #begun = new Set<Run>();
  readonly #ahead = new Set<Run>();
  #waiting = Promise.withResolvers<void>();

  constructor(concurrency: number) {
    this.#concurrency = concurrency;
  }

  get all(): readonly Run[] {
    return [...this.#all];
  }
  /** Whose handlers are at work. */
  get begun(): readonly Run[] {
    return [...this.#begun];
  }
  /** Claimed ahead and not begun, in the order of their claim. */
  get ahead(): readonly Run[] {
    return [...this.#ahead];
  }

  get count(): number {
    return this.#all.size;
  }
  get begunCount(): number {
    return this.#begun.size;
  }
  get aheadCount(): number {
    return this.#ahead.size;
  }
  /** How many more may begin now. */
  get free(): number {
    return this.#concurrency - this.#begun.size;
  }

  /** It is claimed, and waits. */
  add(run: Run): void {
    this.#all.add(run);
    this.#ahead.add(run);
  }

  /** The one that waits longest leaves the line, to begin; undefined: none may, or none waits. */
  next(): Run | undefined {
    if (this.free <= 0) return undefined;
    const { value: run } = this.#ahead.values().next();
    if (run === undefined) return undefined;
    this.#ahead.delete(run);
    this.#begun.add(run);
    return run;
  }

  /** It will not begin. */
  leaveLine(run: Run): void {
    this.#ahead.delete(run);
  }

  /** Its handler has ended. */
  handled(run: Run): void {
    this.#begun.delete(run);
    this.ring();
  }

  /** The service knows its end, or nobody is left to tell. */
  ended(run: Run): void {
    this.#ahead.delete(run);
    this.#begun.delete(run);
    this.#all.delete(run);
    this.ring();
  }

  /** Something has changed that a claim may depend on. */
  ring(): void {
    this.#waiting.resolve();
    this.#waiting = Promise.withResolvers();
  }

  /** Resolves with the next change, or when the signal has aborted. */
  async changed(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise } = this.#waiting;
    // Rung for all: a promise that was only resolved would stand in for every later change, and whoever waits would go
    // round for ever.
    const wake = (): void => this.ring();
    signal.addEventListener('abort', wake, { once: true });
    await promise;
    signal.removeEventListener('abort', wake);
  }
}
