import type pg from 'pg';
import { searchPathOf, type Home } from './home-schema.ts';
import type { Migration } from './migration-journal.ts';

const MADE = /\bcreate\s+(?:or\s+replace\s+)?function\s+([a-z_0-9]+)\s*\(/gi;

// Called for each job that a claim of another engine looks at, where a setting would cost more than the function. It
// names nothing of ours.
const BUILT_IN_ONLY = ['job_is_paused'];

/** Every function that the migrations make and that may name something of ours. Pure. */
export function functionsOf(migrations: readonly Pick<Migration, 'sql'>[]): string[] {
  const made = new Set(migrations.flatMap(({ sql }) => [...sql.matchAll(MADE)].flatMap(([, name]) => name ?? [])));
  return [...made].filter((name) => !BUILT_IN_ONLY.includes(name));
}

/**
 * Lets every function of ours in PL/pgSQL, triggers above all, find our tables whatever the search_path of the session
 * that calls it: another system's, or that of a restore, which has none. Functions in SQL are left alone: the planner
 * draws them into the statement, which it would not with a setting.
 */
export async function pinFunctions(
  client: Pick<pg.ClientBase, 'query'>,
  home: Home,
  names: readonly string[],
): Promise<void> {
  const path = searchPathOf(home);
  // As the catalog has it where it was set by "alter function", and where by "set … from current".
  const {
    rows: [kept],
  } = await client.query<{ path: string }>(
    `select string_agg(quote_ident(s.name), ', ' order by s.place) as path
       from unnest($1::text[]) with ordinality s(name, place)`,
    [[home.schema, ...(home.alertsSchema === null ? [] : [home.alertsSchema]), 'pg_temp']],
  );
  const pinned = [`search_path=${kept?.path}`, `search_path=${path}`];
  const { rows } = await client.query<{ name: string }>(
    `select format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as name
       from pg_proc p
       join pg_namespace n on n.oid = p.pronamespace and n.nspname = $1
       join pg_language l on l.oid = p.prolang and l.lanname = 'plpgsql'
      where p.proname = any ($2) and p.prokind = 'f' and not (coalesce(p.proconfig, '{}') && $3::text[])
      order by 1`,
    [home.schema, names, pinned],
  );
  for (const { name } of rows) await client.query(`alter function ${name} set search_path = ${path}`);
}
