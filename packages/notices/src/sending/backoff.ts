const FIRST_MS = 5_000;
const LONGEST_MS = 60 * 60_000;
const TARGET_LONGEST_MS = 60_000;

/** Tries of one notice, spread over some four hours. */
export const TRIES_MAX = 15;
/** Whatever the tries: what could not be sent within a day is no news any more. */
export const AGE_MAX_MS = 24 * 60 * 60_000;

/** How long a notice waits after so many tries (from 1): doubling from five seconds to an hour, a random half of it. */
export function noticeWaitMs(tries: number, random = Math.random()): number {
  return doubling(tries, LONGEST_MS, random);
}

/** How long a target is left alone after so many failures in a row: it is heard of again within a minute. */
export function targetRestMs(failures: number, random = Math.random()): number {
  return doubling(failures, TARGET_LONGEST_MS, random);
}

function doubling(count: number, longestMs: number, random: number): number {
  return Math.round(Math.min(longestMs, FIRST_MS * 2 ** Math.min(count - 1, 20)) * (0.5 + random / 2));
}
