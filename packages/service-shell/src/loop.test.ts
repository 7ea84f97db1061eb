import { expect, test } from 'vitest';
import { until } from '@orchestra/testkit';
import { makeLogger } from './log.ts';
import { startLoop } from './loop.ts';

const log = makeLogger({ service: 'test', level: 'silent' });

test('wakes during a round make exactly one more, and never two rounds run at once', async () => {
  let rounds = 0;
  let together = 0;
  let letGo: () => void = () => {};
  const loop = startLoop({ name: 'x', everyMs: 60_000, log, round: async () => {
    together += 1;
    expect(together).toBe(1);
    rounds += 1;
    await new Promise<void>((resolve) => { letGo = resolve; });
    together -= 1;
  } });
  loop.wake(); loop.wake(); loop.wake();
  letGo();
  await until('a second round', () => rounds === 2);
  letGo();
  const stopping = loop.stop();
  await stopping;
  expect(rounds).toBe(2);
});

test('a round that fails is tried again', async () => {
  let rounds = 0;
  const loop = startLoop({ name: 'x', everyMs: 5, log, round: async () => { rounds += 1; if (rounds < 3) throw new Error('database gone'); } });
  await until('rounds after the failures', () => rounds >= 4);
  await loop.stop();
});
