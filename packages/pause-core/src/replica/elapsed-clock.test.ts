import { expect, test } from 'vitest';
import { elapsedClock } from './elapsed-clock.ts';

function clocks() {
  const at = { monotonic: 500, wall: 1_000_000 };
  const now = elapsedClock({ monotonic: () => at.monotonic, wall: () => at.wall });
  const pass = (monotonicMs: number, wallMs = monotonicMs): number => {
    at.monotonic += monotonicMs;
    at.wall += wallMs;
    return now();
  };
  return pass;
}

test('without a suspension it is the monotonic clock', () => {
  const pass = clocks();
  expect([pass(0), pass(10), pass(60_000)]).toEqual([500, 510, 60_510]);
});

test('the time of a suspension counts, once', () => {
  const pass = clocks();
  expect(pass(100, 3_600_100)).toBe(3_600_600);
  expect(pass(50)).toBe(3_600_650);
  expect(pass(0, 7_200_000)).toBe(10_800_650);
});

test('a clock that is corrected little by little, or set back, changes nothing', () => {
  const pass = clocks();
  expect(pass(1_000, 1_900)).toBe(1_500);
  expect(pass(1_000, 100)).toBe(2_500);
  expect(pass(1_000, -3_600_000)).toBe(3_500);
  expect(pass(1_000)).toBe(4_500);
});
