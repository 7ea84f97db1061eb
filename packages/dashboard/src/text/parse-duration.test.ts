import { expect, test } from 'vitest';
import { parseDuration } from './parse-duration.ts';

test.each([
  ['30m', 1_800],
  [' 1h 30m ', 5_400],
  ['90S', 90],
  ['2d', 172_800],
  ['1h30m5s', 5_405],
  ['', null],
  ['30', null],
  ['m', null],
  ['0s', null],
  ['-5m', null],
  ['1.5h', null],
  ['30 minutes', null],
  ['9999d', null],
  ['30m!', null],
])('"%s" is %s seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});
