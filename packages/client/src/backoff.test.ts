import { describe, expect, test } from 'vitest';
import { backoffMs, retryAfterMs } from './backoff.ts';

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

describe('Retry-After', () => {
  test('as seconds, as a date, and never in the past', () => {
    const now = Date.parse('2026-11-21T03:00:00Z');
    expect(retryAfterMs('7')).toBe(7_000);
    expect(retryAfterMs('Sat, 21 Nov 2026 03:00:30 GMT', () => now)).toBe(30_000);
    expect(retryAfterMs('Sat, 21 Nov 2026 02:00:00 GMT', () => now)).toBe(0);
  });

  test.each([null, '', 'soon', '-3', '1.5e3x', '99999999999999999999'])('%s says nothing', (header) => {
    expect(retryAfterMs(header)).toBeUndefined();
  });
});
