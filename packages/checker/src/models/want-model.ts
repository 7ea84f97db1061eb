import fc from 'fast-check';
import { wanted, wantKey, type Want } from '../../../../services/worker-claimer/src/waiting/want.ts';
import { SEED, type Model } from './model.ts';

const value = fc.constantFrom('x', 'y', 'z');
const list = fc.option(fc.uniqueArray(value), { nil: undefined });
const want: fc.Arbitrary<Want> = fc.record({ agents: list, skills: list });
const labels = fc.record({ agent: fc.option(value), skill: fc.option(value) });

/**
 * A list is a set of values, none of which is "no label"; without a list everything will do. Equal keys: the same is
 * wanted.
 */
export const wantModel: Model = {
  name: 'what a claim asks for',
  check: () =>
    fc.assert(
      fc.property(want, want, labels, (one, other, work) => {
        const takes = ({ agents, skills }: Want): boolean =>
          [
            [agents, work.agent],
            [skills, work.skill],
          ].every(
            ([of, label]) =>
              of === undefined || of === null || (Array.isArray(of) && of.some((each) => each === label)),
          );
        if (wanted(one, work) !== takes(one)) throw new Error(`wanted: ${wanted(one, work)}`);
        if (wantKey(one) === wantKey(other) && wanted(one, work) !== wanted(other, work))
          throw new Error('two that want different things have one key');
      }),
      { ...SEED, numRuns: 2_000 },
    ),
};
