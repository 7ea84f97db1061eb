import { createHash } from 'node:crypto';

const WINDOW_MS = 60_000;
const ADDRESSES_MAX = 10_000;

interface Window {
  startedAtMs: number;
  failures: number;
  seen: Set<string>;
}

/**
 * Counts tokens that were wrong, by address, for a minute. Nobody guesses 256 random bits; this tells whoever tries to
 * go away. It never stands between a right token and its call: other callers may come from the same address.
 */
export class FailedGuesses {
  readonly #windows = new Map<string, Window>();
  readonly #max: number;
  readonly #nowMs: () => number;

  /**
   * @param max so many in a minute are too many
   * @param nowMs a monotonic clock
   */
  constructor(max: number, nowMs: () => number = () => performance.now()) {
    this.#max = max;
    this.#nowMs = nowMs;
  }

  /** How long this address is to wait, in ms; 0: it has not failed too often. */
  waitMs(address: string): number {
    const window = this.#windows.get(address);
    if (window === undefined || window.failures < this.#max) return 0;
    return Math.max(0, window.startedAtMs + WINDOW_MS - this.#nowMs());
  }

  /**
   * @param guess counted once, however often it comes: a fleet with one revoked token guesses nothing. Absent: counted
   * each time
   */
  add(address: string, guess?: string): void {
    const window = this.#windowOf(address);
    if (window.failures >= this.#max) return;
    if (guess !== undefined) {
      const mark = createHash('sha256').update(guess).digest('base64').slice(0, 16);
      if (window.seen.has(mark)) return;
      window.seen.add(mark);
    }
    window.failures += 1;
  }

  #windowOf(address: string): Window {
    const nowMs = this.#nowMs();
    const window = this.#windows.get(address);
    if (window !== undefined && nowMs - window.startedAtMs < WINDOW_MS) return window;
    this.#windows.delete(address);
    const oldest = this.#windows.keys().next();
    if (this.#windows.size >= ADDRESSES_MAX && !oldest.done) this.#windows.delete(oldest.value);
    const fresh: Window = { startedAtMs: nowMs, failures: 0, seen: new Set() };
    this.#windows.set(address, fresh);
    return fresh;
  }
}
