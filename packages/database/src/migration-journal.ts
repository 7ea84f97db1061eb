import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { quoteName } from './home-schema.ts';

type Asks = Pick<pg.Pool, 'query'>;

/** One file of `migrations/`. */
export interface Migration {
  tag: string;
  when: number;
  sql: string;
  hash: string;
}

/** The list of applied migrations: in Orchestra's own schema, or where drizzle-kit kept it before there was one. */
export interface Journal {
  schema: string;
  table: string;
  isThere: boolean;
}

const OWN_TABLE = 'orchestra_migrations';
const OLDER = { schema: 'drizzle', table: '__drizzle_migrations' };

export async function countMigrations(folder: string): Promise<number> {
  return (await readEntries(folder)).length;
}

/** All migrations, in their order. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  return Promise.all(
    (await readEntries(folder)).map(async ({ when, tag }) => {
      const sql = await readFile(`${folder}/${tag}.sql`, 'utf8');
      return { tag, when, sql, hash: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

async function readEntries(folder: string): Promise<Pick<Migration, 'when' | 'tag'>[]> {
  const journal: { entries: Pick<Migration, 'when' | 'tag'>[] } = JSON.parse(
    await readFile(`${folder}/meta/_journal.json`, 'utf8'),
  );
  return journal.entries;
}

/**
 * Finds the list of an installation. `drizzle.__drizzle_migrations` may be the application's own: it counts only for
 * tables of Orchestra that have no list beside them.
 *
 * @param schema of Orchestra's tables
 */
export async function findJournal(db: Asks, schema: string): Promise<Journal> {
  const {
    rows: [found],
  } = await db.query<{ own: boolean; older: boolean }>(
    `select exists (select
                      from pg_class c
                      join pg_namespace n on n.oid = c.relnamespace
                     where n.nspname = $1
                       and c.relname = $2) as own,
            exists (select
                      from pg_class c
                      join pg_namespace n on n.oid = c.relnamespace
                     where n.nspname = $1
                       and c.relname = 'claim_marker')
            and exists (select
                          from pg_class c
                          join pg_namespace n on n.oid = c.relnamespace
                         where n.nspname = $3
                           and c.relname = $4) as older`,
    [schema, OWN_TABLE, OLDER.schema, OLDER.table],
  );
  if (found?.own !== true && found?.older === true) return { ...OLDER, isThere: true };
  return { schema, table: OWN_TABLE, isThere: found?.own === true };
}

/** The `when` of every migration that was applied. */
export async function appliedMigrations(db: Asks, journal: Journal): Promise<number[]> {
  if (!journal.isThere) return [];
  const { rows } = await db.query<{ when: string }>(`select m.created_at as when from ${nameOf(journal)} m`);
  return rows.map((row) => Number(row.when));
}

export function nameOf({ schema, table }: Journal): string {
  return `${quoteName(schema)}.${quoteName(table)}`;
}
