import { expect, test } from 'vitest';
import { isReached, type Finding } from './measure.ts';
import { markdownTable, terminalTable } from './table.ts';

const finding = (given: Partial<Finding>): Finding => ({
  measure: 'depth',
  what: 'deep',
  target: { atLeast: 0.9 },
  reached: 0.95,
  rounds: [0.95],
  detail: 'from there',
  ...given,
});
const TITLES = new Map([['depth', 'claims at depth']]);

test('at its limit a target is reached; what is only stated is neither', () => {
  expect(isReached(finding({ reached: 0.9 }))).toBe(true);
  expect(isReached(finding({ reached: 0.89 }))).toBe(false);
  expect(isReached(finding({ target: { atMost: 2 }, reached: 2 }))).toBe(true);
  expect(isReached(finding({ target: { atMost: 2 }, reached: 2.01 }))).toBe(false);
  expect(isReached(finding({ target: 'stated' }))).toBeNull();
});

test('a figure that could not be measured has reached nothing', () => {
  expect(isReached(finding({ reached: NaN }))).toBe(false);
  expect(isReached(finding({ target: { atMost: 2 }, reached: NaN }))).toBe(false);
});

test('the page’s table has a heading for each measure and a line for each finding, and no cell breaks out of it', () => {
  expect(
    markdownTable(
      [finding({}), finding({ what: 'a | b', target: { atMost: 1 }, reached: 3, unit: 'MB' })],
      TITLES,
    ).split('\n'),
  ).toEqual([
    '| measure | target | reached | met | from |',
    '| --- | --- | --- | --- | --- |',
    '| **claims at depth** (`depth`) | | | | |',
    '| deep | ≥ 0.9 | 0.95 | yes | from there |',
    '| a \\| b | ≤ 1 | 3 MB | no | from there |',
  ]);
});

test('the terminal’s table tells the same', () => {
  const table = terminalTable([finding({ target: 'stated' })], TITLES);
  for (const word of ['claims at depth', 'deep', 'stated', '0.95', 'from there']) expect(table).toContain(word);
});
