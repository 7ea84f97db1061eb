import { signal, type ReadonlySignal } from '@preact/signals';
import { Sleeper } from '@orchestra/timing';
import { ApiError } from '../wire/api-error.ts';

/** Something that was read from the service, and how the reading stands. */
export interface Reading<T> {
  /** null: nothing was read yet. */
  readonly value: T | null;
  /** Why the last reading failed; what was read before is still shown. */
  readonly trouble: ApiError | null;
  /** Since when a reading is under way, in monotonic ms; null: none is. */
  readonly busySinceMs: number | null;
}

export interface ReaderOptions<T> {
  /** The shortest time from one reading to the next. */
  gapMs: number;
  /** Was this read before it was asked for? The service may answer from memory; it is read once more then. */
  isOld?: ((value: T, askedMsAgo: number) => boolean) | undefined;
  onTrouble?: ((trouble: ApiError) => void) | undefined;
}

/**
 * Reads something again and again, when told to: never twice at once, never more often than every `gapMs`, and however
 * often it is told while it reads, once more afterwards.
 */
export class Reader<T> {
  readonly #state = signal<Reading<T>>({ value: null, trouble: null, busySinceMs: null });
  readonly #read: (signal: AbortSignal) => Promise<T>;
  readonly #options: ReaderOptions<T>;
  readonly #ending = new AbortController();
  readonly #gap = new Sleeper();
  #asked = 0;
  #askedAtMs = 0;
  #running = false;

  constructor(read: (signal: AbortSignal) => Promise<T>, options: ReaderOptions<T>) {
    this.#read = read;
    this.#options = options;
  }

  get state(): ReadonlySignal<Reading<T>> {
    return this.#state;
  }

  /** Asks for a reading that begins after this call. */
  refresh(): void {
    this.#asked += 1;
    this.#askedAtMs = performance.now();
    if (!this.#running) void this.#run();
  }

  /** Does without the rest of the gap: a person waits. */
  now(): void {
    this.refresh();
    this.#gap.wake();
  }

  stop(): void {
    this.#ending.abort();
  }

  async #run(): Promise<void> {
    const { signal: ending } = this.#ending;
    this.#running = true;
    for (
      let answered = 0;
      answered !== this.#asked && !ending.aborted;
      await this.#gap.wait(this.#options.gapMs, ending)
    ) {
      answered = this.#asked;
      await this.#once(ending);
    }
    this.#running = false;
  }

  async #once(ending: AbortSignal): Promise<void> {
    this.#state.value = { ...this.#state.peek(), busySinceMs: performance.now() };
    try {
      const value = await this.#read(ending);
      if (ending.aborted) return;
      this.#state.value = { value, trouble: null, busySinceMs: null };
      // Not by `refresh`: it is still the same asking.
      if (this.#options.isOld?.(value, performance.now() - this.#askedAtMs) === true) this.#asked += 1;
    } catch (error) {
      if (ending.aborted) return;
      const trouble =
        error instanceof ApiError
          ? error
          : new ApiError('malformed', `This page has an error of its own: ${String(error)}`, { cause: error });
      this.#state.value = { ...this.#state.peek(), trouble, busySinceMs: null };
      this.#options.onTrouble?.(trouble);
    }
  }
}
