import type { Mutant } from './mutant.ts';

const CORE = 'packages/pause-core/src';
const ATTACH = 'packages/attach/src/build-attach.ts';
const ATTACHED = 'P1 P9 the claims of an attached engine under pauses';
const by = (name: string): Mutant['caughtBy'] => ({ level: 'L3', name });

/** Broken rules that show where many work at once. */
export const PROPERTY_MUTANTS: readonly Mutant[] = [
  {
    name: 'a key that is not kept',
    file: `${CORE}/commands/run-once.ts`,
    why: 'P12: a call that is repeated is done twice',
    edits: [
      {
        find: 'if (remember(answer))\n      await',
        replace: 'if (remember(answer) && answer === undefined)\n      await',
      },
    ],
    caughtBy: by('P12 one key stands for one call, whoever repeats it'),
  },
  {
    name: 'an attached queue without the policy',
    file: ATTACH,
    why: 'P9: jobs behind a covered one wait',
    edits: [
      {
        find: 'sql: `create policy ${POLICY} on ${name} ${policyText(home, queue, brake, waiting)}`,',
        replace: "sql: 'select',",
      },
    ],
    caughtBy: by(ATTACHED),
  },
  {
    name: 'an attached queue without the trigger',
    file: ATTACH,
    why: 'P1: a worker that connects as a superuser starts covered jobs',
    edits: [
      {
        find: 'sql: `create trigger ${TRIGGER} before update on ${root} for each row',
        replace: 'sql: `create trigger ${TRIGGER} after update on ${root} for each row',
      },
    ],
    caughtBy: by(ATTACHED),
  },
];
