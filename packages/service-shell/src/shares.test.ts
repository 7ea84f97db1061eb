import { expect, test } from 'vitest';
import { Shares, type Place } from './shares.ts';

const take = (shares: Shares, holder: string, times: number): Place[] =>
  Array.from({ length: times }, () => shares.take(holder));
const taken = (places: Place[]): number => places.filter((place) => place.taken).length;

test('one holder gets half of all places, and every other one still gets its share', () => {
  const shares = new Shares({ max: 20, share: 3 });
  const hog = take(shares, 'hog', 30);
  expect(taken(hog)).toBe(10);
  expect(hog.at(-1)).toEqual({ taken: false, why: 'share', held: 10 });
  for (const holder of ['a', 'b', 'c']) expect(taken(take(shares, holder, 5))).toBe(3);
  expect(shares.take('d').taken).toBe(true);
  expect(shares.take('e')).toEqual({ taken: false, why: 'full', held: 0 });
});

test('a place that is given back is free again, once', () => {
  const shares = new Shares({ max: 2, share: 1 });
  const place = shares.take('a');
  expect(shares.take('b').taken).toBe(true);
  if (place.taken) {
    place.giveBack();
    place.giveBack();
  }
  expect(shares.count).toBe(1);
  expect(shares.take('c').taken).toBe(true);
  expect(shares.take('c').taken).toBe(false);
});
