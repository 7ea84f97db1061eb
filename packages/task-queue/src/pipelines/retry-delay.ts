const FIRST_SECONDS = 1;
const LONGEST_SECONDS = 300;

/** How long a failed task waits before its next attempt: 1 s after the first, doubling, five minutes at most. */
export function retryDelaySeconds(attempt: number): number {
  return Math.min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** Math.max(0, attempt - 1));
}
