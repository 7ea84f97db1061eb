import { describe, expect, test } from 'vitest';
import { isRawNumber, parseJson, repeatedKey } from './index.ts';

const again = (text: string): string => JSON.stringify(parseJson(text));

describe('a number is kept exactly', () => {
  test.each([
    '1970670598291982290',
    '-9223372036854775808',
    '18446744073709551615',
    '9007199254740993',
    '0.1234567890123456789',
    '123456789.12345678901',
    '1e400',
    '-1e400',
    '1e-400',
    '0.1000000000000000055511151231257827',
  ])('%s comes back as it was', (number) => {
    expect(again(`{"a":[${number}],"b":{"c":${number}}}`)).toBe(`{"a":[${number}],"b":{"c":${number}}}`);
    expect(again(number)).toBe(number);
  });

  test.each([
    '0',
    '1',
    '-1',
    '1.5',
    '1.0',
    '1e5',
    '1E+2',
    '0.10',
    '9007199254740992',
    '9007199254740993e3',
    '100000000000000000000',
    '1e300',
    '5e-324',
    '0.30000000000000004',
    '-0',
  ])('%s is a plain number where that is the same one', (number) => {
    expect(Object.is(parseJson(number), Number(number))).toBe(true);
  });

  test('a number as long as a body may be is looked at once', () => {
    const number = `1${'0'.repeat(250_000)}1`;
    const value = parseJson(number);
    expect(isRawNumber(value) && value.rawJSON === number).toBe(true);
  });

  test('digits inside of strings and keys are nobody’s numbers', () => {
    const text = '{"19706705982919822901":"a:1970670598291982290123","b":" 1e999"}';
    expect(again(text)).toBe(text);
    expect(parseJson('"1970670598291982290"')).toBe('1970670598291982290');
  });
});

test('keys that every object inherits are keys like others', () => {
  const text = '{"__proto__":{"a":1970670598291982290},"constructor":1}';
  expect(again(text)).toBe(text);
});

describe('a key that is given twice', () => {
  test.each<[string, (string | number)[]]>([
    ['{"a":1,"a":1}', ['a']],
    ['{"payload":{"x":[{"b":1},{"b":1,"c":{},"b":2}]}}', ['payload', 'x', 1, 'b']],
    ['{"\\u0061":1,"a":2}', ['a']],
    ['[[],[{"a:\\"":1,"a:\\"":1970670598291982290}]]', [1, 0, 'a:"']],
    ['{"__proto__":1,"__proto__":2}', ['__proto__']],
  ])('%s', (text, path) => {
    expect(repeatedKey(text, parseJson(text))).toEqual(path);
  });

  test.each([
    '{}',
    '[]',
    '1',
    '"a:a"',
    '{"a":{"a":{"a":1970670598291982290}},"b":":"}',
    '{"__proto__":{"a":1}}',
    '[{"a":1},{"a":1}]',
  ])('none in %s', (text) => {
    expect(repeatedKey(text, parseJson(text))).toBeUndefined();
  });

  test('is looked for without recursion', () => {
    const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
    expect(repeatedKey(deep, parseJson(deep))).toBeUndefined();
  });
});
