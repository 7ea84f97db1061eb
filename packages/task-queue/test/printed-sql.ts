import type { Queryable } from '@orchestra/database';
import { DEFAULT_STAGE_RULES } from '../src/index.ts';
import {
  beginningStatement,
  endingsStatement,
  gatesStatement,
  lanesStatement,
  probesStatement,
  stagedEndingsStatement,
  walkStatement,
  type FoundStatement,
} from './statement-of.ts';

interface Printed {
  /** Of the file in packages/task-queue/sql. */
  name: string;
  says: string;
  find: (db: Queryable) => Promise<FoundStatement>;
  /** Values of a sample call, as SQL; a name that is not given is null. */
  sample: Readonly<Record<string, string>>;
}

const SEARCH = { wanted: '10', clock: 'clock_timestamp()' };
const RULES = DEFAULT_STAGE_RULES.text.replaceAll("'", "''");

/** Every statement of a claim and of the endings before it, whose locks decide what may start. */
export const PRINTED: readonly Printed[] = [
  {
    name: 'end-runs',
    find: endingsStatement,
    sample: { endings: "'[]'", rules: `'${RULES}'` },
    says: 'Ends runs without stages. Their tasks are locked by the statement before it.',
  },
  {
    name: 'end-staged-runs',
    find: stagedEndingsStatement,
    sample: {
      endings: "'[]'",
      retry_delays: "'{10}'",
      transient_delays: "'{10}'",
      transient_retries: '3',
      transitions: "'{}'",
    },
    says: 'Ends runs of which some are in stages, held or tried again. It locks their tasks itself, by id.',
  },
  {
    name: 'claim-by-walk',
    find: walkStatement,
    sample: { ...SEARCH, walk_max: '1000' },
    says: 'Finds tasks along the queue and locks them. It reads the pauses itself and names claim_marker (P1, P2).',
  },
  {
    name: 'claim-by-lanes',
    find: lanesStatement,
    sample: { ...SEARCH, lanes: '32', choice: '10' },
    says: 'The same lane by lane, where most of what is near cannot start.',
  },
  {
    name: 'claim-free-probes',
    find: probesStatement,
    sample: SEARCH,
    says: 'Finds tasks that a pause lets through, and that pass no gate.',
  },
  {
    name: 'claim-at-gates',
    find: gatesStatement,
    sample: SEARCH,
    says: 'Finds the first in line of each open gate, and locks gate and task.',
  },
  {
    name: 'begin-tasks',
    find: beginningStatement,
    sample: { worker: "'w-1'", wanted: '10', process: "'{}'", picked: "'{}'" },
    says: 'Begins what was found: all of it is locked.',
  },
];

/** A file to read, and to paste into psql: it prepares the statement, explains a sample call, and forgets it. */
export async function printedSql(db: Queryable, { name, says, find, sample }: Printed): Promise<string> {
  const statement = await find(db);
  const as = name.replaceAll('-', '_');
  return `-- ${says}
-- Written by \`npx pnpm sql:print\` from the functions of the database; a test keeps it current.
-- ${statement.names.map((parameter, index) => `$${index + 1} ${parameter}`).join(', ')}
${statement.prepare(as).replace(' as with ', ' as\nwith ')};

begin;
explain ${statement.execute(as, sample)};
rollback;
deallocate ${as};
`;
}
