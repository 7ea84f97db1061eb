import { expect, test } from 'vitest';
import { readOptions, UsageError } from './options.ts';

const KNOWN = ['claim-depth', 'bell'];

test('nothing given means everything', () => {
  expect(readOptions([], KNOWN)).toEqual({
    quick: false,
    long: false,
    only: undefined,
    json: undefined,
    docs: false,
    help: false,
  });
});

test('measures are named with commas; the two dashes of pnpm are passed over', () => {
  expect(readOptions(['--', '--quick', '--only', 'bell, claim-depth', '--json', 'x.json'], KNOWN)).toMatchObject({
    quick: true,
    only: ['bell', 'claim-depth'],
    json: 'x.json',
  });
});

test('what nobody knows is refused with the names that there are', () => {
  expect(() => readOptions(['--only', 'bel'], KNOWN)).toThrow(
    new UsageError('there is no measure bel: take one of claim-depth, bell'),
  );
  expect(() => readOptions(['--only', ','], KNOWN)).toThrow(UsageError);
  expect(() => readOptions(['--fast'], KNOWN)).toThrow(UsageError);
});
