import { AUTO_PAUSE_RULE, judgeAlerts } from '@orchestra/pause-core';
import fc from 'fast-check';
import { SEED, type Model } from './model.ts';

const { alerts: WANTED, windowMs, pauseMs } = AUTO_PAUSE_RULE;
const ON_TIME_MS = 15_000;

/** Alert after alert, as somebody would who has all of them on paper. */
function onPaper(times: readonly number[], now: number): number | null {
  let pausedFrom: number | undefined;
  let usedUpTo = -1;
  for (const [index, time] of times.entries()) {
    if (pausedFrom !== undefined && time - pausedFrom < pauseMs) {
      usedUpTo = index;
      continue;
    }
    let together = 0;
    for (let back = index; back > usedUpTo; back--) if (time - (times[back] ?? 0) < windowMs) together += 1;
    if (together >= WANTED) {
      pausedFrom = time;
      usedUpTo = index;
    }
  }
  if (pausedFrom === undefined || now - pausedFrom >= pauseMs) return null;
  return now - pausedFrom <= ON_TIME_MS ? pauseMs : pausedFrom + pauseMs - now;
}

// Gaps of a few seconds, and those at which a window or a pause ends to the millisecond.
const gap = fc.oneof(
  fc.integer({ min: 0, max: 400_000 }),
  fc.constantFrom(0, 1, windowMs / 2, windowMs - 1, windowMs, windowMs + 1, pauseMs - 1, pauseMs, ON_TIME_MS),
);

export const alertModel: Model = {
  name: 'P14 three alerts within five minutes, and used once',
  check: (otherwise = { ...SEED, numRuns: 5_000 }) =>
    fc.assert(
      fc.property(fc.array(gap, { maxLength: 14 }), gap, (gaps, lateMs) => {
        let time = 1_000_000;
        const times = gaps.map((each) => (time += each));
        const now = time + lateMs;
        const verdict = judgeAlerts(times, AUTO_PAUSE_RULE, now);
        if (verdict !== onPaper(times, now)) throw new Error(`${verdict}, and on paper ${onPaper(times, now)}`);
      }),
      otherwise,
    ),
};
