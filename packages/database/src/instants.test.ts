import { expect, test } from 'vitest';
import { readInstant } from './instants.ts';

test.each([
  ['2026-11-30 01:13:12.427+00', '2026-11-30T01:13:12.427Z'],
  ['2026-11-30 01:13:12.427+05:30', '2026-11-29T19:43:12.427Z'],
  ['2026-11-30T01:13:12.427+00:00', '2026-11-30T01:13:12.427Z'],
  ['2026-11-30T01:13:12+05:30', '2026-11-29T19:43:12.000Z'],
  ['infinity', '9999-12-31T23:59:59.999Z'],
  ['12026-01-01T00:00:00+00:00', '9999-12-31T23:59:59.999Z'],
  ['-infinity', '0001-01-01T00:00:00.000Z'],
  ['0044-03-15 00:00:00+00 BC', '0001-01-01T00:00:00.000Z'],
  ['0044-03-15T00:00:00+00:00 BC', '0001-01-01T00:00:00.000Z'],
])('an instant as the server prints it, by itself or inside of JSON: %s', (printed, instant) => {
  expect(readInstant(printed).toISOString()).toBe(instant);
});
