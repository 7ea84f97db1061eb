import { Flags } from '@oclif/core';

/** `--limit` of a list: one page of the contract. */
export const limit = Flags.integer({ description: 'how many at most', default: 50, min: 1, max: 200 });
