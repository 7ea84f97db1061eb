/** A jump of the wall clock that no slow correction makes between two looks. */
const JUMP_MS = 1_000;

/**
 * Milliseconds that have passed, the time included in which the machine was suspended. `performance.now()` leaves that
 * out on Linux (CLOCK_MONOTONIC), so after a night in a bag a lease and a reading of the pauses would still look fresh.
 * The wall clock beside it tells: where it has gone on by a second more, the rest counts as suspension. A clock that
 * was set forward looks the same, which costs a reading or a run and nothing else; one that was set back is passed
 * over. It never goes backward.
 */
export function elapsedClock({ monotonic, wall }: { monotonic: () => number; wall: () => number }): () => number {
  let suspendedMs = 0;
  let [monotonicMs, wallMs] = [monotonic(), wall()];
  return () => {
    const [nowMs, nowWallMs] = [monotonic(), wall()];
    const missingMs = nowWallMs - wallMs - (nowMs - monotonicMs);
    if (missingMs >= JUMP_MS) suspendedMs += missingMs;
    [monotonicMs, wallMs] = [nowMs, nowWallMs];
    return nowMs + suspendedMs;
  };
}

/**
 * {@link elapsedClock} of this process. For how old something is; when a pause ends is judged by the later, monotonic
 * clock.
 */
export const elapsedMs = elapsedClock({ monotonic: () => performance.now(), wall: () => Date.now() });
