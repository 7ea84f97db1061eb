import { testDatabase } from '@orchestra/testkit';
import { describe, expect, test } from 'vitest';
import { PROPERTIES } from '../src/properties/properties.ts';
import { tryProperty } from '../src/properties/try-property.ts';

// So few that they cost seconds, with a fixed seed; `pnpm soak` does twenty thousand of each, with others.
const OPERATIONS = 500;
const SEED = 20_261;
const LIMIT_MS = 240_000;

describe.each(PROPERTIES.map((property) => ({ name: property.name, property })))('$name', ({ property }) => {
  const db = testDatabase();

  test(
    'whatever is done, from several sides at once',
    async () => {
      expect(await tryProperty({ property, seed: SEED, operations: OPERATIONS }, db.url)).toBeUndefined();
    },
    LIMIT_MS,
  );
});
