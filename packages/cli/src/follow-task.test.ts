import { expect, test } from 'vitest';
import { newText } from './follow-task.ts';

test.each([
  ['', '', '', false],
  ['', 'first', 'first', false],
  ['one\n', 'one\ntwo\n', 'two\n', false],
  ['same', 'same', '', false],
  ['abcdef', 'cdefgh', 'gh', false],
  ['abcdef', 'fghijk', 'ghijk', false],
  // All that could have joined the two was not kept.
  ['abcdef', 'ghijkl', 'ghijkl', true],
  ['aaaa', 'aaab', 'b', false],
])('after %j the tail %j brings %j', (before, now, text, isGap) => {
  expect(newText(before, now)).toEqual({ text, isGap });
});

test('a long tail is compared within moments', () => {
  const before = `${'ab'.repeat(8_000)}`;
  expect(newText(before, `${'ab'.repeat(7_999)}abX`.slice(2))).toEqual({ text: 'X', isGap: false });
});
