import { expect, test } from 'vitest';
import { ClaimStrategyCache } from './claim-strategy.ts';

test('a claim begins with a walk; for a while after more was needed, with as many lanes as were needed', () => {
  let nowMs = 1_000;
  const ways = new ClaimStrategyCache(() => nowMs);
  expect(ways.first('any')).toBe('walk');
  ways.needed('any', 128);
  expect(ways.first('any')).toEqual({ lanes: 128 });
  expect(ways.first('of agent a'), 'another kind of claim').toBe('walk');
  nowMs += 249;
  expect(ways.first('any')).toEqual({ lanes: 128 });
  nowMs += 1;
  expect(ways.first('any')).toBe('walk');
});

test('it remembers a bounded number of kinds', () => {
  const ways = new ClaimStrategyCache(() => 0);
  for (let kind = 0; kind <= 1_000; kind++) ways.needed(String(kind), 32);
  expect(ways.first('0')).toBe('walk');
  expect(ways.first('1000')).toEqual({ lanes: 32 });
});
