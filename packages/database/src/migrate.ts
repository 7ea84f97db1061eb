import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { connectionTo } from './connect/connection.ts';
import { SQLSTATE, sqlState } from './errors.ts';
import { ExistingAlertsError, lookAtExistingAlerts } from './existing-alerts.ts';
import { findByName } from './found-by-name.ts';
import { findHome, givenSchema, quoteName, searchPathOf, type Home } from './home-schema.ts';
import {
  appliedMigrations,
  countMigrations,
  findJournal,
  nameOf,
  readMigrations,
  type Journal,
  type Migration,
} from './migration-journal.ts';
import { functionsOf, pinFunctions } from './pin-functions.ts';
import { publishNames } from './public-names.ts';
import { runFirst, SESSION_SETTINGS, settingStatement } from './session-settings.ts';
import { isShared } from './shared-session.ts';
import { refuseUnsuitable, UnsuitableServerError } from './suitable-server.ts';

/** The repository's `migrations/`, where drizzle-kit keeps its journal. */
export const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../../migrations', import.meta.url));

// Two processes that migrate at once: the second waits here and then finds nothing to do.
const MIGRATE_LOCK = 0x0c_4e57;
const LOCK_WAIT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 5_000;
const POLL_MS = 100;
// A migration that waits for a busy table makes everyone queue behind it, so each try waits shortly and backs off.
const LOCK_TIMEOUT_MS = 500;
const TRIES = 40;
// Raised by migration 0019: a senate_alerts that was there before takes no alert of Orchestra.
const ALERTS_REFUSED = 'OC002';

export interface MigrateReport {
  /** Migrations applied by this call. */
  applied: number;
  /** Migrations the database has now. */
  total: number;
}

export interface MigrateOptions {
  /** The repository's, unless given. */
  folder?: string;
  /**
   * Where Orchestra's tables are, or are made; unless given, what `ORCHESTRA_SCHEMA` says, else they are looked for
   * (see `findHome`).
   */
  schema?: string;
}

/**
 * Brings the database to the newest migration. Safe to call at any time, from several processes at once, and again.
 * All pending migrations are applied in one transaction, or none; the schema is made with them.
 *
 * @param connectionString a role that may create the schema, or owns it; with nothing pending, one that may read the
 *   tables. Not
 *   through a pooler that shares sessions out: the lock belongs to a session and would stay behind in it
 * @throws AddressError, SchemaNameError, UnsuitableServerError, ExistingAlertsError; the server's error, when a
 *   migration fails: nothing is changed then
 */
export async function migrate(
  connectionString: string,
  { folder = MIGRATIONS_FOLDER, schema: wanted }: MigrateOptions = {},
): Promise<MigrateReport> {
  const given = givenSchema(wanted);
  const client = new pg.Client(connectionTo(connectionString, 'orchestra migrate', CONNECT_TIMEOUT_MS).config);
  client.on('error', () => {}); // the statement under way reports it
  try {
    await client.connect();
    await runFirst(() => refuseUnsuitable(client));
    // Most calls find nothing to do: then no lock is taken, and nothing is asked of a role that may not make tables.
    const looked = await runFirst(() => lookAround(client, given));
    if ((await countMigrations(folder)) <= looked.applied.length) return { applied: 0, total: looked.applied.length };
    await refuseSharedSession(client);
    await client.query(settingStatement(SESSION_SETTINGS, 'session'));
    await lockMigrations(client);
    // Another process may have migrated meanwhile, also in another schema.
    const { home, journal, applied } = await lookAround(client, given);
    const isNew = applied.length === 0;
    const {
      rows: [path],
    } = await client.query<{ schemas: string[] }>('select current_schemas(false)::text[] as schemas');
    // Before anything is changed. Migration 0019 records alerts and takes them back; where it cannot, all migrations
    // are rolled back.
    const theirs = isNew
      ? await lookAtExistingAlerts(client, [home.schema, ...(path?.schemas ?? []), 'public'])
      : undefined;
    const there: Home = { ...home, alertsSchema: isNew ? (theirs ?? null) : home.alertsSchema };
    await client.query("select set_config('orchestra.adopting', $1, false)", [theirs === undefined ? 'off' : 'on']);
    await client.query(
      settingStatement({ search_path: searchPathOf(there), lock_timeout: String(LOCK_TIMEOUT_MS) }, 'session'),
    );
    const all = await readMigrations(folder);
    const pending = all.filter(({ when }) => !applied.includes(when));
    await withRetries(() =>
      inOneTransaction(client, async () => {
        await createJournal(client, there, journal);
        await applyMigrations(client, journal, pending);
        await pinFunctions(client, there, functionsOf(all));
        await publishNames(client, there, isNew);
        if (isNew) await findByName(client, there);
      }),
    );
    return { applied: pending.length, total: applied.length + pending.length };
  } finally {
    await client.end().catch(() => {}); // and with the session goes its lock; or it never connected
  }
}

/**
 * How many migrations the code has that the database lacks; 0 when it is up to date. On a connection that {@link
 * makePool} made.
 */
export async function pendingMigrations(
  db: Pick<pg.Pool, 'query'>,
  folder: string = MIGRATIONS_FOLDER,
): Promise<number> {
  const {
    rows: [row],
  } = await db.query<{ schema: string | null }>('select current_schema() as schema');
  const known = await countMigrations(folder);
  if (row === undefined || row.schema === null) return known; // there is no such schema yet
  return known - (await appliedMigrations(db, await findJournal(db, row.schema))).length;
}

async function lookAround(
  client: pg.Client,
  given: string | undefined,
): Promise<{ home: Home; journal: Journal; applied: number[] }> {
  const home = await findHome(client, given);
  const journal = await findJournal(client, home.schema);
  return { home, journal, applied: await appliedMigrations(client, journal) };
}

async function createJournal(client: pg.Client, { schema }: Home, journal: Journal): Promise<void> {
  if (journal.isThere) return;
  // Asked before, because the server wants the right to create schemas also for one that is there.
  const { rowCount } = await client.query('select from pg_namespace n where n.nspname = $1', [schema]);
  if (rowCount === 0) await client.query(`create schema ${quoteName(schema)}`);
  await client.query(`create table ${nameOf(journal)} (id serial primary key, hash text not null, created_at bigint)`);
}

async function applyMigrations(client: pg.Client, journal: Journal, pending: readonly Migration[]): Promise<void> {
  for (const { sql, when, hash } of pending) {
    await client.query(sql);
    await client.query(`insert into ${nameOf(journal)} (hash, created_at) values ($1, $2)`, [hash, when]);
  }
}

async function inOneTransaction(client: pg.Client, work: () => Promise<void>): Promise<void> {
  await client.query('begin');
  try {
    await work();
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {}); // it is gone, and has rolled back
    throw error;
  }
}

async function refuseSharedSession(client: pg.Client): Promise<void> {
  const {
    rows: [row],
  } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  if (row !== undefined && isShared(client, row.pid)) {
    throw new UnsuitableServerError(
      'migrations need a connection of their own, and this address leads through a pooler: give the ' +
        'address of PostgreSQL itself (LISTEN_DATABASE_URL for services, DATABASE_URL for `orchestra db migrate`)',
    );
  }
}

async function lockMigrations(client: pg.Client): Promise<void> {
  for (let waitedMs = 0; waitedMs < LOCK_WAIT_MS; waitedMs += POLL_MS) {
    const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [
      MIGRATE_LOCK,
    ]);
    if (rows[0]?.locked) return;
    await delay(POLL_MS);
  }
  throw new Error(
    `another process has been migrating this database for ${LOCK_WAIT_MS / 1_000} s; look for "orchestra ` +
      'migrate" in pg_stat_activity',
  );
}

async function withRetries(apply: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await apply();
    } catch (error) {
      if (sqlState(error) === ALERTS_REFUSED && error instanceof Error)
        throw new ExistingAlertsError(`${error.message}. Nothing was changed`, { cause: error });
      if (attempt === TRIES || sqlState(error) !== SQLSTATE.lockNotAvailable) throw error;
      await delay(50 + Math.random() * 200);
    }
  }
}
