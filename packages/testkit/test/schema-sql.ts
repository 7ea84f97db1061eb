import type { Queryable } from '@orchestra/database';

/**
 * The schema of a migrated database as one file to read, from the catalogs (the bundled PostgreSQL has no pg_dump):
 * each table with its columns, checks, indexes and triggers, then the views and the functions. It is not meant to be
 * run.
 */
export async function schemaSql(db: Queryable): Promise<string> {
  const { rows: tables } = await db.query<{ oid: number; name: string }>(
    `select c.oid, c.relname as name
       from pg_class c
      where c.relnamespace = current_schema()::regnamespace
        and c.relkind in ('r', 'p')
        and c.relname <> '__drizzle_migrations'
      order by c.relname collate "C"`,
  );
  const written: string[] = [];
  for (const { oid, name } of tables) written.push(await tableSql(db, oid, name));
  written.push(...(await views(db)), ...(await functions(db)));
  return `${HEADER}\n\n${withoutSchema(written.join('\n\n'))}\n`;
}

const HEADER = [
  '-- The schema of Orchestra after all migrations, to be read. Written by `npx pnpm sql:print`; a test keeps it current.',
  '-- Where a thing comes from: grep its name in migrations/. Names stand without their schema (ORCHESTRA_SCHEMA).',
].join('\n');

async function tableSql(db: Queryable, oid: number, name: string): Promise<string> {
  const columns = await lines(
    db,
    `select quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
            || case when a.attidentity <> '' then ' generated always as identity' else '' end
            || case when a.attgenerated = 's'
              then ' generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ') stored'
                    when d.adbin is not null then ' default ' || pg_get_expr(d.adbin, d.adrelid)
                    else '' end
            || case when a.attnotnull then ' not null' else '' end as line
       from pg_attribute a
       left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = $1
        and a.attnum > 0
        and not a.attisdropped
      order by a.attnum`,
    oid,
  );
  const constraints = await lines(
    db,
    `select 'constraint ' || quote_ident(c.conname) || ' ' || pg_get_constraintdef(c.oid, true) as line
       from pg_constraint c
      where c.conrelid = $1
        and c.contype in ('c', 'p', 'u', 'f', 'x')
      order by c.contype <> 'p', c.conname collate "C"`,
    oid,
  );
  const indexes = await lines(
    db,
    `select pg_get_indexdef(i.indexrelid) || ';' as line
       from pg_index i
       join pg_class c on c.oid = i.indexrelid
      where i.indrelid = $1
        and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u'))
      order by c.relname collate "C"`,
    oid,
  );
  const triggers = await lines(
    db,
    `select pg_get_triggerdef(t.oid, true) || ';' as line
       from pg_trigger t
      where t.tgrelid = $1
        and not t.tgisinternal
      order by t.tgname collate "C"`,
    oid,
  );
  const body = [...columns, ...constraints].map((line) => `  ${line}`).join(',\n');
  return [`create table ${name} (\n${body}\n);`, ...indexes, ...triggers].map(broken).join('\n');
}

const views = (db: Queryable): Promise<string[]> =>
  lines(
    db,
    `select 'create view ' || c.relname || ' as' || chr(10) || pg_get_viewdef(c.oid, true) as line
       from pg_class c
      where c.relnamespace = current_schema()::regnamespace
        and c.relkind = 'v'
      order by c.relname collate "C"`,
  );

const functions = (db: Queryable): Promise<string[]> =>
  lines(
    db,
    `select rtrim(pg_get_functiondef(p.oid), chr(10)) || ';' as line
       from pg_proc p
      where p.pronamespace = current_schema()::regnamespace
        and p.prokind = 'f'
      order by p.proname collate "C", pg_get_function_identity_arguments(p.oid) collate "C"`,
  );

async function lines(db: Queryable, text: string, oid?: number): Promise<string[]> {
  const { rows } = await db.query<{ line: string }>(text, oid === undefined ? [] : [oid]);
  return rows.map(({ line }) => line);
}

const WIDTH = 120;
// A blank outside quotes, before a word that begins a clause.
const CLAUSE = /(?<=^(?:[^']|'[^']*')*) (?=(?:WHEN|FOR EACH|EXECUTE|WHERE|REFERENCING|AND|OR|ON DELETE)\b)/g;

/** Statements that the server writes in one line, with a line for each clause where that is too wide. */
const broken = (statement: string): string =>
  statement
    .split('\n')
    .map((line) => (line.length > WIDTH ? line.replaceAll(CLAUSE, '\n    ') : line))
    .join('\n');

/** The schema is a setting, and the search_path of each function is pinned to it after the migrations: no news here. */
const withoutSchema = (text: string): string =>
  text
    .replaceAll(/^ SET search_path TO .*\n/gm, '')
    .replaceAll(/(?<!')\borchestra\.(?=[a-z_"])/g, '')
    .replaceAll(/[ \t]+$/gm, '');
