import { expect, test } from 'vitest';
import { isStillTrue, type HorizonLook } from './horizon-look.ts';

const LOOK: HorizonLook = { lastId: '100', writers: ['3/45'], of: '1795230015.123456 16385', resets: '0' };

test.each<[string, Partial<HorizonLook>, boolean]>([
  ['nothing has changed', {}, true],
  ['ids have been drawn since, by others', { lastId: '140', writers: ['4/7'] }, true],
  ['a transaction was prepared', { writers: ['3/45'] }, true],
  ['the server was restarted, or is another one', { of: '1795230999.000001 16385' }, false],
  ['the table was restored', { of: '1795230015.123456 20001' }, false],
  ['the tasks were truncated', { resets: '1' }, false],
  ['the sequence went back', { lastId: '99' }, false],
  ['a prepared transaction has outlived a crash', { writers: ['-1/733'] }, false],
])('P9 an earlier look for writers, when %s', (_what, now, stillTrue) => {
  expect(isStillTrue(LOOK, { ...LOOK, ...now })).toBe(stillTrue);
});

test('P9 a prepared transaction that had outlived a crash before that look is one of its writers', () => {
  const look = { ...LOOK, writers: ['-1/733'] };
  expect(isStillTrue(look, look)).toBe(true);
});
