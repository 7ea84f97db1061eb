import { expect, test } from 'vitest';
import { looksLike } from './look-alike.ts';

test.each([
  ['admin', 'Admin'],
  ['admin', 'ADMIN'],
  ['admin', '\u0430dmin'],
  ['admin', 'adm\u0456n'],
  ['admin', 'ad\u200bmin'],
  ['admin', '\uff41dmin'],
  ['admin', ' admin '],
  ['renée', 'rene\u0301e'],
  ['renee', 'renée'],
  ['robot', 'r0bot'],
  ['operator', '\u043eper\u0430t\u043er'],
  ['alpha', 'a1pha'],
  ['ops', '\u03bfps'],
])('%j and %j look alike', (one, other) => {
  expect(looksLike(other)).toBe(looksLike(one));
});

test.each([
  ['admin', 'admin-2'],
  ['worker-2', 'worker-3'],
  ['a b', 'ab'],
  ['list', 'lisl'],
  ['ops', 'ops.'],
  ['админ', 'адмен'],
  ['bot-7', 'bot-8'],
  ['a-2', 'a-3'],
])('%j and %j do not', (one, other) => {
  expect(looksLike(other)).not.toBe(looksLike(one));
});
