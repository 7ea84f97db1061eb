import { expect, test } from 'vitest';
import { shownLogLine } from './log-line.ts';

const line = (level: number, msg: string, more: object = {}): string =>
  JSON.stringify({ level, time: 1, name: 'pause-api', msg, ...more });

test('warnings and errors are shown in short form, the rest only when asked for', () => {
  expect(shownLogLine('pause-api', line(40, 'the database is away'), false)).toBe(
    'pause-api warn: the database is away',
  );
  expect(shownLogLine('pause-api', line(50, 'sweep failed', { err: { message: 'boom', stack: 'long' } }), false)).toBe(
    'pause-api error: sweep failed: boom',
  );
  expect(shownLogLine('pause-api', line(30, 'listening'), false)).toBeUndefined();
  expect(shownLogLine('pause-api', line(30, 'listening'), true)).toBe('pause-api info: listening');
});

test('what is not a line of the logger is always shown, blank lines never', () => {
  expect(shownLogLine('pause-api', '(node:1) Warning: something', false)).toBe(
    'pause-api: (node:1) Warning: something',
  );
  expect(shownLogLine('pause-api', '{half a line', false)).toBe('pause-api: {half a line');
  expect(shownLogLine('pause-api', '{"no":"level"}', false)).toBe('pause-api: {"no":"level"}');
  expect(shownLogLine('pause-api', '   ', true)).toBeUndefined();
});

test('a line cannot change the terminal, nor fill it', () => {
  expect(shownLogLine('pause-api', line(50, 'reason \u001b[31m'), false)).toBe('pause-api error: reason \\x1b[31m');
  expect(shownLogLine('pause-api', line(50, 'x'.repeat(100_000)), false)?.length).toBeLessThan(600);
});
