/**
 * Since when this service can have heard heartbeats. While it was down, frozen, or without its database, workers could
 * not make themselves heard: to take their runs away the moment it is back would end every run of a healthy fleet, and
 * the watchdog would count each as given up. So it listens for a while first.
 */
export class Hearing {
  readonly #listenMs: number;
  readonly #frozenMs: number;
  #sinceMs: number | undefined;
  #lastLookMs: number | undefined;

  /**
   * @param options.listenMs how long to listen: longer than a worker lets pass between two heartbeats
   * @param options.everyMs how often it looks
   */
  constructor({ listenMs, everyMs }: { listenMs: number; everyMs: number }) {
    this.#listenMs = listenMs;
    this.#frozenMs = everyMs + listenMs;
  }

  /** The database could not be asked. */
  lost(): void {
    this.#sinceMs = undefined;
  }

  /**
   * To be called at each look at the database that succeeded.
   *
   * @param nowMs by the monotonic clock
   * @returns how long to go on listening before silence means anything; 0: it does
   */
  stillDeafForMs(nowMs: number): number {
    // So long without a look: the process was frozen, and so was everything that came for it.
    if (this.#lastLookMs !== undefined && nowMs - this.#lastLookMs > this.#frozenMs) this.#sinceMs = undefined;
    this.#lastLookMs = nowMs;
    this.#sinceMs ??= nowMs;
    return Math.max(0, this.#sinceMs + this.#listenMs - nowMs);
  }
}
