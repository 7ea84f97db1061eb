import { page } from '@orchestra/pause-core/contract';
import { expect, test } from 'vitest';
import { LIMIT_MAX, sayMore } from './limit.ts';

test.each([
  [50, undefined, 'there are more; --limit 100 shows more of them'],
  [150, undefined, 'there are more; --limit 200 shows more of them'],
  [200, undefined, 'there are more; a list tells of 200 at most'],
  [50, '--until goes further back', 'there are more; --limit 100 shows more of them, --until goes further back'],
  [200, '--until goes further back', 'there are more; --until goes further back'],
])('of a list with --limit %d that goes on: a larger one is named while there is one', (given, otherwise, said) => {
  expect(sayMore(given, otherwise)).toBe(said);
});

test('the longest list is one page of the contract', () => {
  expect(page.safeParse({ limit: LIMIT_MAX }).success).toBe(true);
  expect(page.safeParse({ limit: LIMIT_MAX + 1 }).success).toBe(false);
});
