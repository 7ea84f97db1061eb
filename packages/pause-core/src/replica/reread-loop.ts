import { sleep } from '@orchestra/timing';
import { elapsedMs } from './elapsed-clock.ts';
import { readWithin } from './read-within.ts';

// Readings follow each other closely enough that a lost bell costs less than 5 s (P6), the reading itself included.
export const REREAD_EVERY_MS = 4_500;
const RETRY_READ_AFTER_MS = 1_000;
const READ_TIMEOUT_MS = 4_000;
// Ten thousand bells a second are still twenty readings a second. The first bell after a quiet time waits for nothing.
const READ_GAP_MS = 50;

export interface RereadTimings {
  /** From the beginning of one reading to the next, when nobody asks. Less than 5 s, unless P6 is given up. */
  rereadEveryMs?: number;
  /** The same after a reading that failed. */
  retryReadAfterMs?: number;
  /** How long one reading may take. */
  readTimeoutMs?: number;
  /** At least this long from the beginning of one reading to the next, whatever rings. */
  readGapMs?: number;
}

export interface RereadOptions<T> extends RereadTimings {
  /** `asked`: not by the clock alone. */
  read: (signal: AbortSignal, why: { asked: boolean }) => Promise<T>;
  /** Milliseconds, the time of a suspension included; this process's own clock unless given. */
  now?: () => number;
  /** @param askedAtMs when the reading began, by `now` */
  onRead: (answer: T, askedAtMs: number) => void;
  onFailed: (error: Error) => void;
}

/**
 * Reads again and again: when asked, and by the clock. There is one reading at a time, any number of askers share it,
 * and whoever asks is answered by a reading that began after the question.
 */
export class RereadLoop<T> {
  readonly #options: Required<RereadOptions<T>>;
  readonly #stopped = new AbortController();
  #beganAtMs = -Infinity;
  /** Somebody wants a reading that has not begun yet; settled when it has ended. */
  #wanted: PromiseWithResolvers<void> | undefined;
  #asked = false;
  #working = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RereadOptions<T>) {
    this.#options = {
      rereadEveryMs: REREAD_EVERY_MS,
      retryReadAfterMs: RETRY_READ_AFTER_MS,
      readTimeoutMs: READ_TIMEOUT_MS,
      readGapMs: READ_GAP_MS,
      now: elapsedMs,
      ...options,
    };
  }

  /** From now on it reads by the clock, the first time in `rereadEveryMs`. */
  start(): void {
    this.#readAgainIn(this.#options.rereadEveryMs);
  }

  /** Resolves when a reading that began after this call has ended, well or not. */
  refresh(): Promise<void> {
    this.#asked = true;
    return this.#readOneMore();
  }

  #readOneMore(): Promise<void> {
    if (this.#stopped.signal.aborted) return Promise.resolve();
    this.#wanted ??= Promise.withResolvers<void>();
    const { promise } = this.#wanted;
    if (!this.#working) void this.#readWhileWanted();
    return promise;
  }

  /** No further reading begins or is reported. Every caller that waits is released. */
  stop(): void {
    this.#stopped.abort();
    clearTimeout(this.#timer);
  }

  #readAgainIn(ms: number): void {
    clearTimeout(this.#timer);
    if (!this.#stopped.signal.aborted) this.#timer = setTimeout(() => void this.#readOneMore(), ms);
  }

  async #readWhileWanted(): Promise<void> {
    this.#working = true;
    try {
      while (this.#wanted !== undefined) {
        await this.#keepGap();
        const wanted: PromiseWithResolvers<void> = this.#wanted;
        this.#wanted = undefined; // whoever asks from here on wants one more
        try {
          if (!this.#stopped.signal.aborted) await this.#readOnce();
        } finally {
          wanted.resolve();
        }
      }
    } finally {
      this.#working = false;
    }
  }

  async #keepGap(): Promise<void> {
    const { signal } = this.#stopped;
    for (let leftMs; (leftMs = this.#beganAtMs + this.#options.readGapMs - performance.now()) > 0 && !signal.aborted;) {
      await sleep(leftMs, signal); // rejects when stopped, and only then
    }
  }

  async #readOnce(): Promise<void> {
    const { read, readTimeoutMs, rereadEveryMs, retryReadAfterMs, onRead, onFailed, now } = this.#options;
    const askedAtMs = now();
    const beganAtMs = (this.#beganAtMs = performance.now());
    const asked = this.#asked;
    this.#asked = false; // whoever asks from here on wants one more
    const outcome = await readWithin((signal) => read(signal, { asked }), readTimeoutMs, this.#stopped.signal);
    if (this.#stopped.signal.aborted) return;
    const everyMs = outcome.ok ? rereadEveryMs : retryReadAfterMs;
    this.#readAgainIn(Math.max(0, beganAtMs + everyMs - performance.now()));
    if (outcome.ok) onRead(outcome.answer, askedAtMs);
    else onFailed(outcome.error);
  }
}
