import { expect, test } from 'vitest';
import { shortDuration } from './duration.ts';

test.each([
  [-5_000, '0s'],
  [0, '0s'],
  [999, '0s'],
  [59_999, '59s'],
  [60_000, '1m 00s'],
  [252_000, '4m 12s'],
  [3_599_999, '59m 59s'],
  [3_840_000, '1h 04m'],
  [86_399_999, '23h 59m'],
  [273_600_000, '3d 4h'],
  [3_660 * 86_400_000, '3660d 0h'],
])('%i ms reads %s', (durationMs, text) => {
  expect(shortDuration(durationMs)).toBe(text);
});
