import { expect, test } from 'vitest';
import { sayDuration } from './duration.ts';

test.each([
  [0, '0s'],
  [0.2, '0s'],
  [-5, '0s'],
  [1, '1s'],
  [59.6, '1m'],
  [90, '1m 30s'],
  [1_800, '30m'],
  [5_400, '1h 30m'],
  [3_605, '1h'],
  [86_400, '1d'],
  [90_061, '1d 1h'],
  [31_536_000, '365d'],
])('%d seconds are said as %s', (seconds, said) => {
  expect(sayDuration(seconds)).toBe(said);
});

test('in full when asked for', () => {
  expect(sayDuration(90_061, 4)).toBe('1d 1h 1m 1s');
});
