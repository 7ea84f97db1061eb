import { expect, test } from 'vitest';
import { seededRandom } from './seeded-random.ts';

const draw = (seed: number) => {
  const random = seededRandom(seed);
  return Array.from({ length: 50 }, () => random.between(1, 6));
};

test('the same seed makes the same choices, another seed others', () => {
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  expect(new Set(draw(7))).toEqual(new Set([1, 2, 3, 4, 5, 6]));
});

test('a fork is a stream of its own: drawing from it changes nothing for its parent', () => {
  const [one, other] = [seededRandom(7), seededRandom(7)];
  one.fork('nemesis').next();
  expect(one.next()).toBe(other.next());
  expect(seededRandom(7).fork('nemesis').next()).not.toBe(seededRandom(7).fork('workload').next());
});
