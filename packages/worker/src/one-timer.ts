import { TIMER_MAX_MS } from '@orchestra/timing';

interface Due {
  /** By `performance.now()`. */
  atMs: number;
  /** It may as well be rung from here on, with others. */
  fromMs: number;
  ring: () => void;
}

// Up to this much early, and a tenth of its wait at the most, something is rung together with what is due.
const EARLY_MS = 250;

/**
 * Rings many things by one timer. Setting and taking back costs no timer; what nearly is due goes along with what is.
 */
export class OneTimer<Key extends object> {
  readonly #due = new Map<Key, Due>();
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Infinity;

  /** Rings after `ms`, once. What was set for the same key before is forgotten. */
  set(key: Key, ms: number, ring: () => void): void {
    const nowMs = performance.now();
    const atMs = nowMs + ms;
    if (this.#due.size === 0) this.#timer?.ref();
    this.#due.set(key, { atMs, fromMs: atMs - Math.min(ms / 10, EARLY_MS), ring });
    if (atMs < this.#timerAtMs) this.#arm(atMs, nowMs);
  }

  /** When it is due, by `performance.now()`; undefined: it is not set. */
  atMs(key: Key): number | undefined {
    return this.#due.get(key)?.atMs;
  }

  clear(key: Key): void {
    // The timer stays for what comes next, and holds up no process meanwhile.
    if (this.#due.delete(key) && this.#due.size === 0) this.#timer?.unref();
  }

  #arm(atMs: number, nowMs: number): void {
    clearTimeout(this.#timer);
    this.#timerAtMs = atMs;
    this.#timer = setTimeout(() => this.#ring(), Math.min(Math.max(0, atMs - nowMs), TIMER_MAX_MS));
  }

  #ring(): void {
    this.#timer = undefined;
    this.#timerAtMs = Infinity;
    const nowMs = performance.now();
    const rung: Due[] = [];
    let nextMs = Infinity;
    for (const [key, due] of this.#due) {
      if (due.fromMs <= nowMs) {
        this.#due.delete(key);
        rung.push(due);
      } else {
        nextMs = Math.min(nextMs, due.atMs);
      }
    }
    if (nextMs < Infinity) this.#arm(nextMs, nowMs);
    for (const { ring } of rung) ring();
  }
}
