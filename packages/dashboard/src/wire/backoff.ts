const FIRST_MS = 500;
const LONGEST_MS = 10_000;

/**
 * How long to wait before the next attempt: doubling from half a second to ten, and a random half of it, so that a
 * hundred open pages do not all come back in the same moment.
 *
 * @param failures attempts failed in a row, from 1
 * @param random from 0 to 1
 */
export function backoffMs(failures: number, random = Math.random()): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
  return Math.round(ceiling * (0.5 + random / 2));
}
