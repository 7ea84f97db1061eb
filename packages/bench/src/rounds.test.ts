import { expect, test } from 'vitest';
import { interleave } from './rounds.ts';

test('every part measures every variant, each part begins with another one, and the warm-up is thrown away', async () => {
  const order: string[] = [];
  const rounds: number[] = [];
  let clock = 0;
  const take = (name: string) =>
    [
      name,
      async () => {
        order.push(name);
        return clock++;
      },
    ] as const;
  const figures = await interleave(
    { rounds: 2, beforeRound: (round) => rounds.push(round) },
    new Map([take('a'), take('b'), take('c')]),
  );
  expect(rounds).toEqual([-1, 0, 1]);
  expect(order.join('')).toBe('abcbcacab');
  expect(figures('a')).toEqual([5, 7]);
});

test('a round’s figure is the median of its parts', async () => {
  const values = [0, 0, 0, 7, 100, 8];
  const figures = await interleave({ rounds: 1, parts: 3 }, new Map([['a', async () => values.shift() ?? NaN]]));
  expect(figures('a')).toEqual([8]);
});

test('a name that was not measured is an error, not nothing', async () => {
  const figures = await interleave({ rounds: 1 }, new Map([['a', async () => 1]]));
  expect(() => figures('b')).toThrow('b');
});
