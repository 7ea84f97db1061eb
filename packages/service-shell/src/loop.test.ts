import { expect, test } from 'vitest';
import { until } from '@orchestra/testkit';
import { makeLogger } from './log.ts';
import { startLoop } from './loop.ts';

const log = makeLogger({ service: 'test', level: 'silent' });

test('wakes during a round make exactly one more, and never two rounds run at once', async () => {
  let rounds = 0;
  let together = 0;
  let letGo: () => void = () => {};
  const loop = startLoop({
    name: 'x',
    everyMs: 60_000,
    log,
    round: async () => {
      together += 1;
      expect(together).toBe(1);
      rounds += 1;
      await new Promise<void>((resolve) => {
        letGo = resolve;
      });
      together -= 1;
    },
  });
  loop.wake();
  loop.wake();
  loop.wake();
  letGo();
  await until('a second round', () => rounds === 2);
  letGo();
  const stopping = loop.stop();
  await stopping;
  expect(rounds).toBe(2);
});

test('a round that fails is tried again', async () => {
  let rounds = 0;
  const loop = startLoop({
    name: 'x',
    everyMs: 5,
    log,
    round: async () => {
      rounds += 1;
      if (rounds < 3) throw new Error('database gone');
    },
  });
  await until('rounds after the failures', () => rounds >= 4);
  await loop.stop();
  expect(rounds).toBeGreaterThanOrEqual(4);
});

test('a round that fails is tried again sooner where that is asked for', async () => {
  let rounds = 0;
  const loop = startLoop({
    name: 'x',
    everyMs: 60_000,
    retryMs: 5,
    log,
    round: async () => {
      rounds += 1;
      if (rounds < 3) throw new Error('database gone');
    },
  });
  await until('the round that works', () => rounds === 3);
  await loop.stop();
  expect(rounds).toBe(3);
});

test('ten thousand wakes while it rests are one round more, and stopping does not wait for the rest', async () => {
  let rounds = 0;
  const loop = startLoop({
    name: 'x',
    everyMs: 60_000,
    gapMs: 60_000,
    log,
    round: async () => {
      rounds += 1;
    },
  });
  await until('the first round', () => rounds === 1);
  for (let wakes = 0; wakes < 10_000; wakes++) loop.wake();
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  expect(rounds).toBe(1);
  await loop.stop();

  const brisk = startLoop({
    name: 'y',
    everyMs: 60_000,
    gapMs: 20,
    log,
    round: async () => {
      rounds += 1;
    },
  });
  await until('its first round', () => rounds === 2);
  for (let wakes = 0; wakes < 10_000; wakes++) brisk.wake();
  await until('one more', () => rounds === 3);
  await brisk.stop();
  expect(rounds).toBe(3);
});

test('after a rest some rounds follow each other at once, and then the gap is kept', async () => {
  let rounds = 0;
  const loop = startLoop({
    name: 'x',
    everyMs: 60_000,
    gapMs: 60_000,
    burst: 3,
    log,
    round: async () => {
      rounds += 1;
    },
  });
  for (const wanted of [1, 2, 3]) {
    await until(`round ${wanted}`, () => rounds === wanted);
    loop.wake();
  }
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  await loop.stop();
  expect(rounds).toBe(3);
});
