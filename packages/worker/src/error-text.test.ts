import { failRequest } from '@orchestra/task-queue/contract';
import { describe, expect, test } from 'vitest';
import { errorText } from './error-text.ts';

const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;
const changed = new Error('first');
changed.message = 'then';
const loop = new Error('a');
loop.cause = loop;

describe('the text of an error', () => {
  test('has message, stack and causes', () => {
    const text = errorText(new TypeError('outer', { cause: new Error('inner') }));
    expect(text).toContain('TypeError: outer');
    expect(text).toContain('error-text.test.ts');
    expect(text).toContain('caused by: Error: inner');
    expect(errorText(changed)).toContain('then');
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a string', 'boom'],
    ['an empty string', ''],
    ['a cycle', cyclic],
    ['a bigint', 7n],
    ['an error that is its own cause', loop],
    ['NUL and half a character', new Error('a\0b\ud800c')],
    ['a megabyte', new Error('x'.repeat(1_000_000))],
    ['a million cut through a pair', new Error('😀'.repeat(500_000))],
  ])('from %s is one that the service takes', (_what, thrown) => {
    expect(failRequest.safeParse({ run_id: crypto.randomUUID(), error: errorText(thrown) })).toMatchObject({
      success: true,
    });
  });
});
