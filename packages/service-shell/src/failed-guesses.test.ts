import { expect, test } from 'vitest';
import { FailedGuesses } from './failed-guesses.ts';

test('X04 after twenty failures in a minute an address is told to wait for its end; another address is not', () => {
  let nowMs = 5_000;
  const failed = new FailedGuesses(20, () => nowMs);
  for (let count = 0; count < 19; count += 1) failed.add('192.0.2.1');
  expect(failed.waitMs('192.0.2.1')).toBe(0);
  nowMs += 10_000;
  failed.add('192.0.2.1');
  expect(failed.waitMs('192.0.2.1')).toBe(50_000);
  expect(failed.waitMs('192.0.2.2')).toBe(0);
  nowMs += 50_000;
  expect(failed.waitMs('192.0.2.1')).toBe(0);
  failed.add('192.0.2.1');
  expect(failed.waitMs('192.0.2.1')).toBe(0);
});

test('any number of addresses cost a bounded memory, and the oldest is forgotten first', () => {
  const failed = new FailedGuesses(20, () => 0);
  for (let count = 0; count < 20; count += 1) failed.add('first');
  for (let count = 0; count < 9_999; count += 1) failed.add(`other ${count}`);
  expect(failed.waitMs('first')).toBeGreaterThan(0);
  failed.add('one more');
  expect(failed.waitMs('first')).toBe(0);
});

test('one wrong token counts once, however many send it and however often', () => {
  const failed = new FailedGuesses(2, () => 0);
  for (let count = 0; count < 100; count += 1) failed.add('a', 'the revoked one');
  expect(failed.waitMs('a')).toBe(0);
  failed.add('a', 'another');
  expect(failed.waitMs('a')).toBeGreaterThan(0);
});
