import { describe, expect, test } from 'vitest';
import { hostRule } from './host-names.ts';

describe('a service on loopback answers to loopback names and those of the setting', () => {
  const answers = hostRule({ host: '127.0.0.1', hostNames: ['brake.example'] });
  test.each([
    '127.0.0.1',
    '127.0.0.1:4400',
    'localhost',
    'LocalHost:4400',
    'localhost.',
    '[::1]:4400',
    '127.8.8.8',
    'brake.example',
    'Brake.Example:443',
  ])('%s', (host) => {
    expect(answers?.(host)).toBe(true);
  });
  test.each([
    'evil.example',
    'evil.example:4400',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.5',
    '[::2]',
    '',
    'xbrake.example',
    '127.1',
  ])('not %j', (host) => {
    expect(answers?.(host)).toBe(false);
  });
});

test.each(['localhost', '::1', '127.0.0.1'])('%s is loopback', (host) => {
  expect(hostRule({ host })?.('evil.example')).toBe(false);
  expect(hostRule({ host })?.('localhost:1')).toBe(true);
});

test('on another address any name will do, unless names are set', () => {
  expect(hostRule({ host: '0.0.0.0' })).toBeUndefined();
  expect(hostRule({ host: '0.0.0.0', hostNames: ['brake.example'] })?.('evil.example')).toBe(false);
});
