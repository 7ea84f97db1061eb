/** The longest that a timer can wait, 24.8 days. A timer that is set to more, or to Infinity, fires at once. */
export const TIMER_MAX_MS = 2 ** 31 - 1;

export interface SleepOptions {
  /** False: the wait alone does not keep the process running. Has no effect in a browser. */
  ref?: boolean;
}

/**
 * Waits. Never rejects: an aborted signal ends the wait, and the caller's loop condition sees the signal.
 *
 * @param ms at most `TIMER_MAX_MS`; more is taken as that
 * @returns true after the whole time, false where the signal ended the wait
 */
export async function sleep(ms: number, signal?: AbortSignal, { ref = true }: SleepOptions = {}): Promise<boolean> {
  if (signal?.aborted) return false;
  return await new Promise<boolean>((resolve) => {
    const end = (isOver: boolean): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
      resolve(isOver);
    };
    const aborted = (): void => end(false);
    const timer = setTimeout(end, Math.min(ms, TIMER_MAX_MS), true);
    if (!ref && typeof timer === 'object') timer.unref(); // a number in browsers
    signal?.addEventListener('abort', aborted);
  });
}
