import { describe, expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';

describe('backoff', () => {
  const wait = { baseMs: 200, capMs: 5_000 };

  test('doubles up to its cap, also after a week of failures', () => {
    const longest = [1, 2, 3, 6, 1_000_000].map((failures) => backoffMs(failures, wait, () => 1));
    expect(longest).toEqual([200, 400, 800, 5_000, 5_000]);
  });

  test('is spread over half of its length, and is never nothing', () => {
    expect([0, 0.5, 1].map((random) => backoffMs(1, wait, () => random))).toEqual([100, 150, 200]);
  });
});
