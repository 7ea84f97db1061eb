import { expect, test } from 'vitest';
import { axisText, timeText } from './time-text.ts';

const AT = '2026-07-21T03:54:38.995Z';
const at = Date.parse(AT);

test('a time says its zone, the day where the time alone would mislead, and the year where the day would', () => {
  expect(timeText(AT, at + 60_000, 'utc')).toEqual({ time: '03:54:38', zone: 'UTC' });
  expect(timeText(AT, at + 13 * 3_600_000, 'utc').time).toMatch(/Jul 21.*03:54/);
  expect(timeText(AT, at + 300 * 86_400_000, 'utc').time).toMatch(/Jul 21.*2026/);
  expect(timeText(AT, null, 'utc').time).toMatch(/Jul 21/);
  expect(timeText(AT, at, 'local').zone).not.toBe('');
});

test('below a chart stands the hour, and the day below one of a week', () => {
  expect(axisText(at, 'utc', false)).toBe('03:54');
  expect(axisText(at, 'utc', true)).toMatch(/Jul 21/);
});
