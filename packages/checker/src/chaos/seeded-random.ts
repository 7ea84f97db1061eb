/** A stream of choices that is the same for the same seed, on every machine. */
export interface SeededRandom {
  /** From 0 up to, and without, 1. */
  next(): number;
  /** A whole number, both ends included. */
  between(min: number, max: number): number;
  chance(probability: number): boolean;
  /** @throws RangeError for an empty list */
  pick<T>(from: readonly T[]): T;
  /** A stream of its own, so that how often one party draws changes nothing for another. */
  fork(name: string): SeededRandom;
}

/** Mulberry32: one multiplication chain over 32 bits, good enough to spread faults, and short enough to read. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    between,
    chance: (probability) => next() < probability,
    pick: (from) => {
      const picked = from[between(0, from.length - 1)];
      if (picked === undefined) throw new RangeError('there is nothing to pick from');
      return picked;
    },
    fork: (name) =>
      seededRandom(
        [...name].reduce((hash, char) => Math.imul(hash ^ char.charCodeAt(0), 0x01000193), seed ^ 0x811c9dc5),
      ),
  };
}
