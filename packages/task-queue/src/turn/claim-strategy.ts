/** How a claim begins: with a walk, or with a look at so many lanes. */
export type ClaimWay = 'walk' | { lanes: number };

/** So many lanes are looked at first. */
export const LANES_FEWEST = 32;
/** By so much the next look is wider. */
export const LANES_FACTOR = 4;
/** No look is wider: more lanes than these do not fit into one database. */
export const LANES_MOST = 2 ** 30;

// After so long a claim begins with a walk again: the paused backlog may have gone. It costs a fraction of a
// millisecond.
const REMEMBERED_MS = 250;
// Kinds of claims told apart; more than these begin with a walk, which is never wrong.
const KINDS_MAX = 1_000;

/**
 * Remembers for claims of one kind how far the last ones had to look, so that the next ones need not find out as well.
 * It only saves time: whatever a claim begins with, it finds the same tasks.
 */
export class ClaimStrategyCache {
  readonly #found = new Map<string, { lanes: number; untilMs: number }>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** @param kind claims that want the same agents and skills are of one kind */
  first(kind: string): ClaimWay {
    const found = this.#found.get(kind);
    return found !== undefined && this.#nowMs() < found.untilMs ? { lanes: found.lanes } : 'walk';
  }

  /** Less was not enough for a claim of this kind. */
  needed(kind: string, lanes: number): void {
    if (!this.#found.has(kind) && this.#found.size >= KINDS_MAX) this.#found.clear();
    this.#found.set(kind, { lanes, untilMs: this.#nowMs() + REMEMBERED_MS });
  }
}
