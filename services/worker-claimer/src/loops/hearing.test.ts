import { expect, test } from 'vitest';
import { Hearing } from './hearing.ts';

test('silence means nothing at first, and something after a while of listening', () => {
  const hearing = new Hearing({ listenMs: 30_000, everyMs: 15_000 });
  expect(hearing.stillDeafForMs(1_000)).toBe(30_000);
  expect(hearing.stillDeafForMs(16_000)).toBe(15_000);
  expect(hearing.stillDeafForMs(31_000)).toBe(0);
  expect(hearing.stillDeafForMs(46_000)).toBe(0);
});

test('after the database was gone it listens anew', () => {
  const hearing = new Hearing({ listenMs: 30_000, everyMs: 15_000 });
  hearing.stillDeafForMs(0);
  expect(hearing.stillDeafForMs(30_000)).toBe(0);
  hearing.lost();
  expect(hearing.stillDeafForMs(45_000)).toBe(30_000);
});

test('after it was frozen itself it listens anew', () => {
  const hearing = new Hearing({ listenMs: 30_000, everyMs: 15_000 });
  hearing.stillDeafForMs(0);
  expect(hearing.stillDeafForMs(30_000)).toBe(0);
  expect(hearing.stillDeafForMs(600_000)).toBe(30_000);
});
