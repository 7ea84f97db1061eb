import { expect, test } from 'vitest';
import { printableJson, visibleLines, visibleText } from './visible-text.ts';

test('what could change the terminal is shown as its code', () => {
  expect(visibleText('red \u001b[31m, bell \u0007, csi \u009b2J, del \u007f')).toBe(
    'red \\x1b[31m, bell \\x07, csi \\x9b2J, del \\x7f',
  );
});

test('what could forge or reorder a line is shown as its code', () => {
  expect(visibleText('a\nb\rc\td\u2028e\u202ef\ufeff')).toBe('a\\nb\\rc\\td\\u2028e\\u202ef\\ufeff');
});

test('ordinary text of any script stays', () => {
  const text = 'Skeptikerin – 懐疑論者 🦊 שלום';
  expect(visibleText(text)).toBe(text);
});

test('line breaks of a message stay, and nothing else', () => {
  expect(visibleLines('one\ntwo\u001b[2K')).toBe('one\ntwo\\x1b[2K');
});

test('JSON is printed with escapes that read back as the same value', () => {
  const value = { reason: 'a\n\u001b[31m\u009b\u202e\u2028 é', list: ['\u007f'] };
  const printed = printableJson(value, 2);
  expect(JSON.parse(printed)).toEqual(value);
  expect(printed.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
});
