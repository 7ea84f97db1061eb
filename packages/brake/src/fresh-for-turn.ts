// A loop that never gives way is looked at by the clock again after so many looks.
const LOOKS_MAX = 256;

/**
 * Whether what is known may still be believed, by the clock. That is read once in each turn of the event loop, and not at
 * each look, which would cost three times as much as the look itself.
 */
export class FreshForTurn {
  readonly #isStale: () => boolean;
  #looksLeft = 0;
  #fresh = false;
  #scheduled = false;
  readonly #turnOver = (): void => {
    this.#scheduled = false;
    this.#looksLeft = 0;
  };

  constructor(isStale: () => boolean) {
    this.#isStale = isStale;
  }

  get fresh(): boolean {
    if (this.#looksLeft > 0) {
      this.#looksLeft -= 1;
      return this.#fresh;
    }
    return this.#read();
  }

  /** Something was learnt: the next look asks the clock. */
  reset(): void {
    this.#looksLeft = 0;
  }

  #read(): boolean {
    this.#fresh = !this.#isStale();
    this.#looksLeft = LOOKS_MAX;
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(this.#turnOver).unref();
    }
    return this.#fresh;
  }
}
