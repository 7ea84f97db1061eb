import { expect, test } from 'vitest';
import { hasServerChanged, isDatabaseUnavailable, sqlState } from './errors.ts';

const answered = (code: string): Error => Object.assign(new Error('the server says no'), { code });

test.each([
  '25006',
  '40001',
  '40P01',
  '53100',
  '53200',
  '53300',
  '58030',
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '57014',
  '55P03',
  '25P03',
  '08006',
  '08P01',
])('%s means: not now, try again', (code) => {
  expect(isDatabaseUnavailable(answered(code))).toBe(true);
  expect(isDatabaseUnavailable(new Error('wrapped', { cause: answered(code) }))).toBe(true);
});

test.each(['23505', '42P01', '42501', '22P02', '28P01', '3D000', '54000'])(
  '%s means: trying again does not help',
  (code) => {
    expect(isDatabaseUnavailable(answered(code))).toBe(false);
  },
);

test.each([
  ['25006', true],
  ['57P01', true],
  ['57P03', true],
  ['08006', true],
  ['53100', false],
  ['40P01', false],
  ['57014', false],
  ['23505', false],
] as const)('after %s the connection is thrown away: %s', (code, thrown) => {
  expect(hasServerChanged(answered(code))).toBe(thrown);
});

test('a connection that broke has no SQLSTATE, and is thrown away as well', () => {
  expect(hasServerChanged(new Error('Connection terminated unexpectedly'))).toBe(true);
  expect(hasServerChanged(Object.assign(new Error('read'), { code: 'ECONNRESET' }))).toBe(true);
  expect(hasServerChanged(new TypeError('not ours'))).toBe(false);
});

test.each(['EPIPE', 'ECONNRESET', 'ETIMEDOUT', 'ERR_STREAM_DESTROYED'])(
  '%s of a broken connection is no SQLSTATE, and means: not now, try again',
  (code) => {
    expect(sqlState(answered(code))).toBeUndefined();
    expect(isDatabaseUnavailable(answered(code))).toBe(true);
  },
);
