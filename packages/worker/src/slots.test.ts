import { expect, test } from 'vitest';
import { Slots } from './slots.ts';

test('waits for a slot until one is given back, or it is told to stop', async () => {
  const slots = new Slots<string>(2);
  const stop = new AbortController();
  slots.take('a');
  await slots.oneFree(stop.signal);
  slots.take('b');
  expect(slots).toMatchObject({ free: 0, taken: ['a', 'b'] });
  const waiting = slots.oneFree(stop.signal);
  slots.giveBack('a');
  await waiting;
  expect(slots.free).toBe(1);
  slots.take('c');
  const stopped = slots.oneFree(stop.signal);
  stop.abort();
  await stopped;
});
