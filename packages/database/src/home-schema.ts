import type pg from 'pg';

/** The name of the schema cannot be used. The message is one sentence, and says what to do. */
export class SchemaNameError extends Error {
  override readonly name = 'SchemaNameError';
}

/** Where Orchestra's tables are in one database. */
export interface Home {
  schema: string;
  /** The schema of a `senate_alerts` of another system, where Orchestra uses that; null: it has its own. */
  alertsSchema: string | null;
  /** False: this database has no tables of Orchestra yet. */
  isThere: boolean;
  /** The role may look into the schema. */
  mayUse: boolean;
}

// PostgreSQL cuts longer names off without an error.
const NAME_BYTES_MAX = 63;
const SETTING = 'ORCHESTRA_SCHEMA';

/**
 * Why a schema cannot be called so, as the end of a sentence; undefined: it can.
 *
 * @param name as it is, without the quotes that SQL may need
 */
export function schemaNameProblem(name: string): string | undefined {
  if (name.trim() === '') return 'is empty: give the schema a name, or leave the setting out';
  if (Buffer.byteLength(name) > NAME_BYTES_MAX)
    return `is longer than ${NAME_BYTES_MAX} bytes, which PostgreSQL would cut off: take a shorter name`;
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'holds a control character: take a name without';
  if (/^pg_/i.test(name) || name.toLowerCase() === 'information_schema')
    return 'names a schema that belongs to PostgreSQL: take another name';
  if (name === '$user') return 'is what PostgreSQL replaces by the name of the role: take another name';
  return undefined;
}

/**
 * The schema that `ORCHESTRA_SCHEMA` names; undefined: it is found in the database.
 *
 * @throws SchemaNameError
 */
export function givenSchema(name: string | undefined = process.env[SETTING] || undefined): string | undefined {
  if (name === undefined) return undefined;
  const problem = schemaNameProblem(name);
  if (problem !== undefined) throw new SchemaNameError(`${SETTING} ${problem}`);
  return name;
}

/** A name as SQL writes it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL writes it, whatever `standard_conforming_strings` says. */
export function quoteText(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

/**
 * What `search_path` has to be: nobody else's schema, and temporary objects last, so that none can take a name of ours.
 */
export function searchPathOf({ schema, alertsSchema }: Pick<Home, 'schema' | 'alertsSchema'>): string {
  return [...new Set([schema, ...(alertsSchema === null ? [] : [alertsSchema])])]
    .map(quoteName)
    .concat('pg_temp')
    .join(', ');
}

// Asked of the catalog, which answers whatever the role may use. `senate_pause` alone may be the view of that name.
const hasOurTables = (schema: string): string => `2 = (
  select count(*) from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where n.nspname = ${schema} and c.relname in ('senate_pause', 'claim_marker') and c.relkind = 'r')`;

// Before there was a schema of our own, the tables went to the first schema of the search_path, and the list of
// migrations to `drizzle`.
const WHERE_IT_IS = `
  case when ${hasOurTables("'public'")} then 'public'
       when ${hasOurTables("'orchestra'")} then 'orchestra'
       else coalesce((select s.name from unnest(pg_catalog.current_schemas(false)) with ordinality as s(name, place)
                       where ${hasOurTables('s.name')} order by s.place limit 1), 'orchestra') end`;

// The trigger that migrations put on it tells which senate_alerts is used.
const findHomeStatement = (given: string | undefined): string => `
  select h.schema, ${hasOurTables('h.schema')} as "isThere",
         coalesce((select has_schema_privilege(n.oid, 'usage')
                     from pg_catalog.pg_namespace n
                    where n.nspname = h.schema), true) as "mayUse",
         (select t.nspname::text
            from pg_catalog.pg_trigger g
            join pg_catalog.pg_proc p on p.oid = g.tgfoid and p.proname = 'senate_alert_history'
            join pg_catalog.pg_namespace f on f.oid = p.pronamespace and f.nspname = h.schema
            join pg_catalog.pg_class c on c.oid = g.tgrelid and c.relname = 'senate_alerts'
            join pg_catalog.pg_namespace t on t.oid = c.relnamespace and t.nspname <> h.schema
           limit 1) as "alertsSchema"
    from (select (${given === undefined ? WHERE_IT_IS : quoteText(given)})::text as schema offset 0) h`;

/**
 * Finds Orchestra's tables: in the given schema, else in `public` if they are there, else in `orchestra`. The answer
 * does not depend on the search_path, except for an installation that the search_path has put elsewhere in former days.
 */
export async function findHome(
  client: Pick<pg.ClientBase, 'query'>,
  given: string | undefined,
  timeoutMs?: number,
): Promise<Home> {
  const statement = {
    text: findHomeStatement(given),
    ...(timeoutMs === undefined ? {} : { query_timeout: timeoutMs }),
  };
  const {
    rows: [home],
  } = await client.query<Home>(statement);
  if (home === undefined) throw new Error('a statement that answers one row answered none');
  return home;
}
