import { backoffMs } from '@orchestra/timing';

const BACKOFF = { baseMs: 5_000, capMs: 60 * 60_000 };
const TARGET_BACKOFF = { ...BACKOFF, capMs: 60_000 };

/** Tries of one notice, spread over some four hours. */
export const TRIES_MAX = 15;
/** Whatever the tries: what could not be sent within a day is no news any more. */
export const AGE_MAX_MS = 24 * 60 * 60_000;

/** How long a notice waits after so many tries (from 1): doubling from five seconds to an hour, a random half of it. */
export function noticeWaitMs(tries: number, random?: () => number): number {
  return Math.round(backoffMs(tries, BACKOFF, random));
}

/** How long a target is left alone after so many failures in a row: it is heard of again within a minute. */
export function targetRestMs(failures: number, random?: () => number): number {
  return Math.round(backoffMs(failures, TARGET_BACKOFF, random));
}
