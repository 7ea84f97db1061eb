import { expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';

test('waits longer after each failure, up to ten seconds', () => {
  expect([1, 2, 3, 4, 5, 6, 1_000_000].map((failures) => backoffMs(failures, 1))).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000,
  ]);
});

test('half of the wait is chance', () => {
  expect(backoffMs(6, 0)).toBe(5_000);
});
