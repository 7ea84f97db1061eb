import { expect, test } from 'vitest';
import { visiblePieces } from './visible-text.ts';

test('plain text, markup and emoji stay as they are', () => {
  const text = '<b>a & b</b>\n👩‍🚀 שלום';
  expect(visiblePieces(text)).toEqual([{ text }]);
});

test('characters that turn the direction or have no width are named', () => {
  expect(visiblePieces('a\u202Ebc\u200B')).toEqual([
    { text: 'a' },
    { codePoint: 'U+202E' },
    { text: 'bc' },
    { codePoint: 'U+200B' },
  ]);
});

test('no text is no piece', () => {
  expect(visiblePieces('')).toEqual([]);
});

test('controls are named, but for those that prose is made of', () => {
  expect(visiblePieces('a\u001b[31m\tb\nc\u009b\u2028')).toEqual([
    { text: 'a' },
    { codePoint: 'U+001B' },
    { text: '[31m\tb\nc' },
    { codePoint: 'U+009B' },
    { codePoint: 'U+2028' },
  ]);
});
