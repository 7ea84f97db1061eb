export interface Backoff {
  /** The longest first wait. */
  baseMs: number;
  /** No wait is longer. */
  capMs: number;
}

/**
 * How long to wait after the n-th failure in a row (counted from 1): doubling up to the cap, of which a random half is
 * taken off, so that many clients of one restarted service do not come back at the same instant.
 */
export function backoffMs(failures: number, { baseMs, capMs }: Backoff, random: () => number = Math.random): number {
  const longest = Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 30));
  return longest / 2 + random() * (longest / 2);
}

/** `Retry-After` in milliseconds from now: whole seconds or an HTTP date; undefined when absent or unreadable. */
export function retryAfterMs(header: string | null, now: () => number = Date.now): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1_000;
  // `Date.parse` makes a year of any number, and an HTTP date always ends like this.
  const at = header.trimEnd().endsWith('GMT') ? Date.parse(header) : NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now());
}
