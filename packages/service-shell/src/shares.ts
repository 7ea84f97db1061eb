/** What became of a request for a place: the way to give it back, or why there is none. */
export type Place = { taken: true; giveBack: () => void } | { taken: false; why: 'full' | 'share'; held: number };

/**
 * Places that callers hold for a while, such as open streams. Each holder may have its share at any time. More than
 * that it gets only while half of all places is free, so one holder never takes what is there for all, and a fleet with
 * one token is not held back on an idle service.
 */
export class Shares {
  readonly #max: number;
  readonly #share: number;
  readonly #held = new Map<string, number>();
  #all = 0;

  constructor({ max, share }: { max: number; share: number }) {
    this.#max = max;
    this.#share = share;
  }

  get count(): number {
    return this.#all;
  }

  take(holder: string): Place {
    const held = this.#held.get(holder) ?? 0;
    if (this.#all >= this.#max) return { taken: false, why: 'full', held };
    if (held >= this.#share && this.#all >= this.#max / 2) return { taken: false, why: 'share', held };
    this.#add(holder, 1);
    let given = false;
    return {
      taken: true,
      giveBack: () => {
        if (!given) this.#add(holder, -1);
        given = true;
      },
    };
  }

  #add(holder: string, count: number): void {
    this.#all += count;
    const held = (this.#held.get(holder) ?? 0) + count;
    if (held > 0) this.#held.set(holder, held);
    else this.#held.delete(holder);
  }
}
