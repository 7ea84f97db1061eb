import { fileURLToPath } from 'node:url';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as applyJournal } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { connectionTo } from './connect/connection.ts';
import { SQLSTATE, sqlState } from './errors.ts';
import { ExistingAlertsError, lookAtExistingAlerts } from './existing-alerts.ts';
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

/**
 * Brings the database to the newest migration. Safe to call at any time, from several processes at once, and again.
 * All pending migrations are applied in one transaction, or none.
 *
 * @param connectionString a role that may create tables and schemas; with nothing pending, one that may read them. Not
 *   through a pooler that shares sessions out: the lock belongs to a session and would stay behind in it
 * @throws AddressError, UnsuitableServerError, ExistingAlertsError; the server's error, when a migration fails:
 * nothing is changed then
 */
export async function migrate(connectionString: string, folder: string = MIGRATIONS_FOLDER): Promise<MigrateReport> {
  const client = new pg.Client(connectionTo(connectionString, 'orchestra migrate', CONNECT_TIMEOUT_MS).config);
  client.on('error', () => {}); // the statement under way reports it
  try {
    await client.connect();
    await runFirst(() => refuseUnsuitable(client));
    // Most calls find nothing to do: then no lock is taken, and nothing is asked of a role that may not make tables.
    if (await runFirst(() => pendingMigrations(client, folder)) <= 0) return { applied: 0, total: await countApplied(client) };
    await refuseSharedSession(client);
    await client.query(settingStatement(SESSION_SETTINGS, 'session'));
    await lockMigrations(client);
    const before = await countApplied(client);
    // Before anything is changed. Migration 0019 records alerts and takes them back; where it cannot, all migrations
    // are rolled back.
    const adopting = before === 0 && await lookAtExistingAlerts(client);
    await client.query("select set_config('orchestra.adopting', $1, false)", [adopting ? 'on' : 'off']);
    await client.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await withRetries(() => applyJournal(drizzle({ client }), { migrationsFolder: folder }));
    const total = await countApplied(client);
    return { applied: total - before, total };
  } finally {
    await client.end().catch(() => {}); // and with the session goes its lock; or it never connected
  }
}

/** How many migrations the code has that the database lacks; 0 when it is up to date. */
export async function pendingMigrations(db: Pick<pg.Pool, 'query'>, folder: string = MIGRATIONS_FOLDER): Promise<number> {
  const journal: { entries: unknown[] } = JSON.parse(await readFile(`${folder}/meta/_journal.json`, 'utf8'));
  return journal.entries.length - await countApplied(db);
}

async function countApplied(db: Pick<pg.Pool, 'query'>): Promise<number> {
  const table = await db.query<{ known: boolean }>("select to_regclass('drizzle.__drizzle_migrations') is not null as known");
  if (!table.rows[0]?.known) return 0;
  const { rows } = await db.query<{ count: number }>('select count(*)::int as count from drizzle.__drizzle_migrations');
  return rows[0]?.count ?? 0;
}

async function refuseSharedSession(client: pg.Client): Promise<void> {
  const { rows: [row] } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  if (row !== undefined && isShared(client, row.pid)) {
    throw new UnsuitableServerError('migrations need a connection of their own, and this address leads through a pooler: give the address of PostgreSQL itself (LISTEN_DATABASE_URL for services, DATABASE_URL for `orchestra db migrate`)');
  }
}

async function lockMigrations(client: pg.Client): Promise<void> {
  for (let waitedMs = 0; waitedMs < LOCK_WAIT_MS; waitedMs += POLL_MS) {
    const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [MIGRATE_LOCK]);
    if (rows[0]?.locked) return;
    await delay(POLL_MS);
  }
  throw new Error(`another process has been migrating this database for ${LOCK_WAIT_MS / 1_000} s; look for "orchestra migrate" in pg_stat_activity`);
}

async function withRetries(apply: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await apply();
    } catch (error) {
      // drizzle's own error tells the statement only; the server's words are in its cause.
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      if (sqlState(error) === ALERTS_REFUSED && cause instanceof Error) throw new ExistingAlertsError(`${cause.message}. Nothing was changed`, { cause });
      if (attempt === TRIES || sqlState(error) !== SQLSTATE.lockNotAvailable) throw cause;
      await delay(50 + Math.random() * 200);
    }
  }
}
