import type { Queryable } from '@orchestra/database';

interface Statement {
  /** Where it begins and ends in the function. */
  from: RegExp;
  to: string;
  /** The names of the function that it reads, with their types. */
  names: Readonly<Record<string, string>>;
}

const SEARCH = {
  for_agents: 'text[]',
  for_skills: 'text[]',
  wanted: 'int',
  gated_repos: 'text[]',
  kept: 'jsonb',
  clock: 'timestamptz',
};
const WALK: Statement = {
  from: /with paused as materialized/,
  to: 'e on true;',
  names: { ...SEARCH, walk_max: 'int' },
};
const LANES: Statement = {
  from: /with paused as materialized/,
  to: 'from taken x;',
  names: { ...SEARCH, lanes: 'int', choice: 'bigint' },
};
const GATES: Statement = {
  from: /with paused as materialized/,
  to: 'from taken x;',
  names: { ...SEARCH, end_priority: 'smallint', end_place: 'bigint' },
};
const PROBES: Statement = { from: /with paused as materialized/, to: 'from taken x;', names: SEARCH };
const BEGINNING: Statement = {
  from: /with found as materialized/,
  to: 'lease_seconds) told;',
  names: {
    worker: 'text',
    'orchestra_turn.host': 'text',
    process: 'jsonb',
    wanted: 'int',
    gated_repos: 'text[]',
    lease_seconds: 'float8',
    picked: 'bigint[]',
    seen: 'text',
    known_event: 'bigint',
    probe_ids: 'bigint[]',
    probes_seen: 'text',
    probes_event: 'bigint',
    gate_ids: 'bigint[]',
    gates_seen: 'text',
    gates_event: 'bigint',
  },
};
const ENDINGS: Statement = {
  from: /with given as materialized/,
  to: 'from changed c;',
  names: { endings: 'jsonb', rules: 'text' },
};
const STAGED_ENDINGS: Statement = {
  from: /with given_ids as materialized/,
  to: 'from changed c;',
  names: {
    endings: 'jsonb',
    retry_delays: 'int[]',
    transient_delays: 'int[]',
    transient_retries: 'int',
    transitions: 'jsonb',
  },
};

/**
 * A statement of a function of the database, to be looked at by itself: its text with parameters, and what prepares it.
 */
export interface FoundStatement {
  text: string;
  /** The names of its parameters, in their order. */
  names: readonly string[];
  /** `prepare name (types) as …` */
  prepare: (name: string) => string;
  /** `execute name (values)`; a name that is not given has the value null. */
  execute: (name: string, values: Readonly<Record<string, string>>) => string;
}

export const walkStatement = (db: Queryable): Promise<FoundStatement> => find(db, 'orchestra_turn', WALK);
export const lanesStatement = (db: Queryable): Promise<FoundStatement> => find(db, 'find_by_lanes', LANES);
export const gatesStatement = (db: Queryable): Promise<FoundStatement> => find(db, 'find_at_gates', GATES);
export const probesStatement = (db: Queryable): Promise<FoundStatement> => find(db, 'find_free_probes', PROBES);
export const beginningStatement = (db: Queryable): Promise<FoundStatement> => find(db, 'orchestra_turn', BEGINNING);
export const endingsStatement = (db: Queryable): Promise<FoundStatement> => find(db, 'orchestra_turn', ENDINGS);
export const stagedEndingsStatement = (db: Queryable): Promise<FoundStatement> =>
  find(db, 'end_staged_runs', STAGED_ENDINGS);

async function find(db: Queryable, name: string, { from, to, names }: Statement): Promise<FoundStatement> {
  const {
    rows: [row],
  } = await db.query<{ source: string }>('select p.prosrc as source from pg_proc p where p.proname = $1', [name]);
  const source = (row?.source ?? '').replaceAll(/--.*$/gm, '').replaceAll(/\n\s*\n/g, '\n');
  const begin = source.search(from);
  const end = source.indexOf(to, begin);
  if (begin === -1 || end === -1) throw new Error(`${name} has no such statement any more`);
  const parameters = Object.entries(names);
  const text = parameters.reduce(
    (statement, [parameter, type], index) =>
      statement.replaceAll(
        new RegExp(String.raw`(?<!['.\w])${parameter.replace('.', String.raw`\.`)}\b(?!')`, 'g'),
        `($${index + 1}::${type})`,
      ),
    source.slice(begin, end + to.length - 1).replace(/\binto [\w, ]+$/m, ''),
  );
  return {
    text,
    names: parameters.map(([parameter]) => parameter),
    prepare: (as) => `prepare ${as} (${parameters.map(([, type]) => type).join(', ')}) as ${text}`,
    execute: (as, values) =>
      `execute ${as} (${parameters.map(([parameter]) => values[parameter] ?? 'null').join(', ')})`,
  };
}
