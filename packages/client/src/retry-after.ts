/** `Retry-After` in milliseconds from now: whole seconds or an HTTP date; undefined when absent or unreadable. */
export function retryAfterMs(header: string | null, now: () => number = Date.now): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1_000;
  // `Date.parse` makes a year of any number, and an HTTP date always ends like this.
  const at = header.trimEnd().endsWith('GMT') ? Date.parse(header) : NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now());
}
