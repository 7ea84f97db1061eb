import type { Mutant } from './mutant.ts';

const CORE = 'packages/pause-core/src';
const by = (name: string): Mutant['caughtBy'] => ({ level: 'L3', name });

/** Broken rules that show where many work at once. */
export const PROPERTY_MUTANTS: readonly Mutant[] = [
  {
    name: 'a key that is not kept', file: `${CORE}/commands/run-once.ts`, why: 'P12: a call that is repeated is done twice',
    edits: [{ find: 'if (remember(answer)) await', replace: 'if (remember(answer) && answer === undefined) await' }], caughtBy: by('P12 one key stands for one call, whoever repeats it'),
  },
];
