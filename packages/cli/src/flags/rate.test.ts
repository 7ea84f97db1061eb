import { expect, test } from 'vitest';
import { parseRate } from './rate.ts';

test.each([
  ['5/min', 12],
  ['2/s', 0.5],
  ['30/hour', 120],
  ['1 per minute', 60],
  ['0.5/h', 7_200],
  ['10/sec', 0.1],
])('%s is a task every %d s', (text, gap) => {
  expect(parseRate(text)).toBeCloseTo(gap, 9);
});

test.each(['5', '5/fortnight', '0/min', '-1/s', '11/s', '/min', '5/', 'constructor/toString', '0.001/h'])(
  '%s is refused',
  (text) => {
    expect(() => parseRate(text)).toThrow(/rate|faster|slower/);
  },
);
