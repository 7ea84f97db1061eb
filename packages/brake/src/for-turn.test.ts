import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ForTurn } from './for-turn.ts';

test('it judges once in a turn, anew in the next one, after news, and in a loop that never gives way', async () => {
  let judged = 0;
  const kept = new ForTurn(() => ++judged);
  const first = kept.value;
  expect(kept.value).toBe(first);
  kept.reset();
  expect(kept.value).toBe(first + 1);
  await nextTurn();
  await nextTurn();
  expect(kept.value).toBe(first + 2);
  for (let look = 0; look < 1_000; look++) void kept.value;
  expect(kept.value).toBeGreaterThan(first + 4);
});
