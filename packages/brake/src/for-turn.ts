// A loop that never yields is judged again after this number of looks.
const LOOKS_MAX = 256;

/**
 * Keeps an answer for one turn of the event loop: what is known, and whether it may still be believed by the clock,
 * changes only between two of them. Judged at each look it would cost three times as much as the look itself.
 */
export class ForTurn<T> {
  readonly #judge: () => T;
  #kept: T;
  #looksLeft = 0;
  #scheduled = false;
  readonly #turnOver = (): void => {
    this.#scheduled = false;
    this.#looksLeft = 0;
  };

  constructor(judge: () => T) {
    this.#judge = judge;
    this.#kept = judge();
  }

  get value(): T {
    if (this.#looksLeft > 0) {
      this.#looksLeft -= 1;
      return this.#kept;
    }
    return this.#again();
  }

  /** Something new is known: the next look judges again. */
  reset(): void {
    this.#looksLeft = 0;
  }

  #again(): T {
    this.#kept = this.#judge();
    this.#looksLeft = LOOKS_MAX;
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(this.#turnOver).unref();
    }
    return this.#kept;
  }
}
