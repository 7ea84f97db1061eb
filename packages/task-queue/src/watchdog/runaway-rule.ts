/** When runs that end badly call for an alert by themselves. */
export interface RunawayRule {
  /** So many runs of one task, or of one actor, have to have ended within the window; with fewer nothing is said. */
  runs: number;
  /** At least this part of them was given up: failed, released by a worker that gave up, or reaped. From 0 to 1. */
  givenUpShare: number;
  /** Half open: a run that ended exactly this long ago does not count any more. */
  windowMs: number;
}

export const RUNAWAY_RULE: RunawayRule = { runs: 6, givenUpShare: 0.5, windowMs: 3_600_000 };

/**
 * Runs that ended longer ago than this are not judged any more. Twice what an auto-pause of the default rule can reach
 * back.
 */
export const RUNAWAY_LOOK_BACK_MS = 3_600_000;
