export interface Backoff {
  /** The longest first wait. */
  baseMs: number;
  /** No wait is longer. */
  capMs: number;
}

/**
 * How long to wait after the n-th failure in a row (counted from 1). The wait doubles up to the cap. A random part, at
 * most half of it, is taken off, so that many clients of one restarted service do not come back at the same instant.
 */
export function backoffMs(failures: number, { baseMs, capMs }: Backoff, random: () => number = Math.random): number {
  const longest = Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 30));
  return longest / 2 + random() * (longest / 2);
}
