import { expect, test } from 'vitest';
import { figure, median, percentile, ratios } from './figures.ts';

test('the median is the middle one, or between the two in the middle, whatever the order', () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(() => median([])).toThrow(RangeError);
});

test('percentiles lie between their neighbours', () => {
  const hundred = Array.from({ length: 101 }, (_, index) => 100 - index);
  expect(percentile(hundred, 99)).toBe(99);
  expect(percentile([10, 20], 75)).toBe(17.5);
});

test('a ratio is taken within each round, never between rounds', () => {
  expect(ratios([10, 30], [5, 10])).toEqual([2, 3]);
  expect(() => ratios([1], [1, 2])).toThrow(RangeError);
});

test('figures keep the digits that count', () => {
  expect([1_234_567.8, 42.123, 0.856, 0.001234, 10, 0].map(figure)).toEqual([
    '1,234,568',
    '42.1',
    '0.86',
    '0.0012',
    '10',
    '0',
  ]);
});
