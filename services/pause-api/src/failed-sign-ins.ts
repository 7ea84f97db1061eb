const FAILURES_MAX = 20;
const WINDOW_MS = 60_000;
const ADDRESSES_MAX = 10_000;

/**
 * Counts sign-ins that failed, by address, for a minute. Nobody guesses 256 random bits; this keeps whoever tries from
 * costing the database a look-up each time.
 */
export class FailedSignIns {
  readonly #since = new Map<string, { startedAtMs: number; failures: number }>();
  readonly #nowMs: () => number;

  /** @param nowMs a monotonic clock */
  constructor(nowMs: () => number = () => performance.now()) { this.#nowMs = nowMs; }

  /** How long this address has to wait, in ms; 0: not at all. */
  waitMs(address: string): number {
    const window = this.#since.get(address);
    if (window === undefined || window.failures < FAILURES_MAX) return 0;
    return Math.max(0, window.startedAtMs + WINDOW_MS - this.#nowMs());
  }

  add(address: string): void {
    const nowMs = this.#nowMs();
    const window = this.#since.get(address);
    if (window !== undefined && nowMs - window.startedAtMs < WINDOW_MS) { window.failures += 1; return; }
    this.#since.delete(address);
    const oldest = this.#since.keys().next();
    if (this.#since.size >= ADDRESSES_MAX && !oldest.done) this.#since.delete(oldest.value);
    this.#since.set(address, { startedAtMs: nowMs, failures: 1 });
  }
}
