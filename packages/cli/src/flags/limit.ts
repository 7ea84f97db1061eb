import { Flags } from '@oclif/core';

/** As in the contract. Kept here as a number: parsing a flag must not load the contract. */
export const LIMIT_MAX = 200;

/** `--limit` of a list: one page of the contract. */
export const limit = Flags.integer({ description: 'how many at most', default: 50, min: 1, max: LIMIT_MAX });

/**
 * How to see more of a list that goes on.
 *
 * @param given what `--limit` was
 * @param otherwise what the command knows beside a larger one
 */
export function sayMore(given: number, otherwise?: string): string {
  const larger = given < LIMIT_MAX ? `--limit ${Math.min(given * 2, LIMIT_MAX)} shows more of them` : undefined;
  const ways = [larger, otherwise].filter((way) => way !== undefined);
  return `there are more; ${ways.length === 0 ? `a list tells of ${LIMIT_MAX} at most` : ways.join(', ')}`;
}
