import { describe, expect, test } from 'vitest';
import { findUnwritable, parseJson, refuseUnwritable, writableCopy } from './index.ts';

const cycle: Record<string, unknown> = { a: 1 };
cycle['self'] = [cycle];

describe('what JSON would change or cannot say is found, with its path', () => {
  test.each<[unknown, string, string]>([
    [Number.NaN, 'result', 'NaN'],
    [{ a: [1, Infinity] }, 'result.a[1]', 'Infinity'],
    [{ 'two words': -Infinity }, 'result["two words"]', '-Infinity'],
    [{ a: { b: -0 } }, 'result.a.b', '-0'],
    [[undefined], 'result[0]', 'undefined'],
    [Array(2), 'result[0]', 'undefined'],
    [{ f: () => 1 }, 'result.f', 'a function'],
    [{ s: Symbol('x') }, 'result.s', 'a symbol'],
    [{ n: 1n }, 'result.n', 'a bigint (hand it over as text)'],
    [{ m: new Map([[1, 2]]) }, 'result.m', 'of type Map'],
    [[new Set()], 'result[0]', 'of type Set'],
    [{ e: new Error('x') }, 'result.e', 'of type Error'],
    [{ p: Promise.resolve(1) }, 'result.p', 'of type Promise'],
    [{ d: new Date(Number.NaN) }, 'result.d', 'an invalid Date'],
    [{ d: { toJSON: () => ({ x: Number.NaN }) } }, 'result.d.x', 'NaN'],
    [new Number(Number.NaN), 'result', 'NaN'],
    [cycle, 'result.self[0]', 'a part of itself'],
  ])('%o', (value, path, what) => {
    expect(findUnwritable(value, 'result')).toEqual({ path, what });
    expect(() => {
      refuseUnwritable(value, 'result');
    }).toThrow(TypeError);
    const copied = JSON.stringify(writableCopy(value));
    expect(copied).not.toMatch(/null|\{\}/);
    expect(findUnwritable(JSON.parse(copied), 'copy')).toBeUndefined();
  });

  test('deep nesting ends the search and not the process', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    expect(findUnwritable(deep, 'result')).toMatchObject({ what: expect.stringContaining('nested deeper') });
  });
});

test.each<[unknown]>([
  [null],
  ['NaN'],
  [0],
  [1.5],
  [true],
  [{ a: undefined }],
  [[1, [null, {}]]],
  [new Date(0)],
  [Buffer.from('x')],
  [parseJson('{"a":1970670598291982290,"b":1e400}')],
  [
    new (class Point {
      x = 1;
    })(),
  ],
  [Object.create(null)],
  [[cycle['a'], cycle['a']]],
])('%o is written as it is', (value) => {
  expect(findUnwritable(value, 'result')).toBeUndefined();
  expect(writableCopy(value)).toBe(value);
});

test('one object in two places is no cycle', () => {
  const shared = { a: 1 };
  expect(findUnwritable([shared, shared], 'result')).toBeUndefined();
});
