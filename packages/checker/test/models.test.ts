import { expect, test } from 'vitest';
import { MODELS } from '../src/models/models.ts';

// Pure decisions against the plainest way to say them. What fails is shrunk to its smallest example, and the seed is
// fixed.
test.each(MODELS)('$name', async ({ check }) => {
  await expect(Promise.resolve().then(() => check())).resolves.toBeUndefined();
});
