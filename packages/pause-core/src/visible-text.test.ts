import { HOSTILE_STRINGS } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { asCode, asJsonEscape, DECEIVING, withoutInvisible } from './visible-text.ts';

const ALL = Array.from({ length: 0x11_0000 }, (_, point) => point);

test('what deceives: ends of a line, turns of direction, no width; every other character is left', () => {
  const deceiving = new RegExp(`[${DECEIVING}]`, 'u');
  expect(ALL.filter((point) => deceiving.test(String.fromCodePoint(point)))).toEqual([
    0x061c, 0x200b, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2060, 0x2061, 0x2062,
    0x2063, 0x2064, 0x2066, 0x2067, 0x2068, 0x2069, 0x206a, 0x206b, 0x206c, 0x206d, 0x206e, 0x206f, 0xfeff,
  ]);
});

test('controls and lone surrogates are written out with it, and nothing else', () => {
  const written = ALL.filter((point) => withoutInvisible(String.fromCodePoint(point)) !== String.fromCodePoint(point));
  const expected = ALL.filter((point) =>
    /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/u.test(
      String.fromCodePoint(point),
    ),
  );
  expect(written).toEqual(expected);
  expect(withoutInvisible('👩‍🚀 שלום \ud83e')).toBe('👩‍🚀 שלום \\ud83e');
});

test('a code is as short as people know it, and four digits in JSON', () => {
  expect(withoutInvisible('\u001b[2J\u009b \u202eb')).toBe('\\x1b[2J\\x9b \\u202eb');
  expect(['\u0007', '\u00ad', '\u061c'].map(asCode)).toEqual(['\\x07', '\\xad', '\\u061c']);
  expect(withoutInvisible('\u0007\u061c', asJsonEscape)).toBe('\\u0007\\u061c');
});

test.each(HOSTILE_STRINGS)('$name reads back from JSON as it was', ({ text }) => {
  const printed = withoutInvisible(JSON.stringify(text), asJsonEscape);
  expect(withoutInvisible(printed)).toBe(printed);
  expect(JSON.parse(printed)).toBe(text);
});
