import { createHash } from 'node:crypto';
import { ownsRun, runKeyOf } from '@orchestra/pause-core';
import fc from 'fast-check';
import { SEED, type Model } from './model.ts';

/**
 * As the claim makes it: 17 digits at random, of which the 13th says that a seal follows, and the seal of the token's
 * key.
 */
function sealedRun(digits: string, key: string): string {
  const head = `${digits.slice(0, 12)}8${digits.slice(12, 16)}`;
  const all = head + createHash('sha256').update(`${key} ${head}`).digest('hex').slice(0, 15);
  return [all.slice(0, 8), all.slice(8, 12), all.slice(12, 16), all.slice(16, 20), all.slice(20)].join('-');
}

const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => runKeyOf(Buffer.from(bytes)));
const digits = fc
  .array(fc.integer({ min: 0, max: 15 }), { minLength: 16, maxLength: 16 })
  .map((list) => list.map((digit) => digit.toString(16)).join(''));

export const ownerModel: Model = {
  name: 'P10 a run belongs to the token that claimed it',
  check: () =>
    fc.assert(
      fc.property(key, key, digits, fc.uuid({ version: 4 }), (mine, theirs, random, unsealed) => {
        fc.pre(mine !== theirs);
        const run = sealedRun(random, mine);
        if (!ownsRun(mine, run)) throw new Error(`${run} is not its own token's`);
        if (!ownsRun(mine, run.toUpperCase())) throw new Error(`${run} in capitals is not its own token's`);
        if (ownsRun(theirs, run)) throw new Error(`${run} is another token's as well`);
        if (!ownsRun(theirs, unsealed)) throw new Error(`${unsealed}, which nobody sealed, is not everybody's`);
      }),
      SEED,
    ),
};
