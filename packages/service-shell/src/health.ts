import type { Express } from 'express';
import manifest from '../package.json' with { type: 'json' };
import { pendingMigrations, type Database } from '@orchestra/database';
import { withTimeout } from '@orchestra/timing';
import { nameRoute, type Metrics } from './metrics.ts';
import type { ServerTrouble } from './server-trouble.ts';

/** Answers undefined when all is well, else what is wrong, in words that may be shown to anyone. */
export type HealthCheck = () => Promise<string | undefined> | string | undefined;

export interface Health {
  db: Database;
  metrics: Metrics;
  /** What has lately kept the server from making a change. */
  trouble: ServerTrouble;
  /** What this service needs besides the database, by name. */
  checks?: Record<string, HealthCheck>;
  /**
   * What is told beside and makes the service no less ready: something is amiss, and sending callers elsewhere would
   * not help.
   */
  told?: Record<string, HealthCheck>;
}

const CHECK_TIMEOUT_MS = 3_000;

/** Of all of Orchestra: its parts are released together. */
const VERSION = manifest.version;

/**
 * `/livez` answers as long as the process does; `/readyz` says whether it can do its work, and if not, what is missing;
 * `/metrics`. None of them needs a token.
 */
export function serveHealth(app: Express, health: Health): void {
  const checks: Record<string, HealthCheck> = {
    database: databaseCheck(health.db, health.trouble),
    migrations: migrationsCheck(health.db),
    ...health.checks,
  };
  const told = health.told ?? {};
  let underWay: Promise<Record<string, string>> | undefined;

  app.get('/livez', (_request, response) => {
    nameRoute(response, '/livez');
    response.json({ alive: true, version: VERSION });
  });
  app.get('/readyz', async (_request, response) => {
    nameRoute(response, '/readyz');
    // Any number of askers cause one look at the database.
    underWay ??= runChecks({ ...told, ...checks }).finally(() => {
      underWay = undefined;
    });
    const results = await underWay;
    const ready = Object.keys(checks).every((name) => results[name] === 'ok');
    response.status(ready ? 200 : 503).json({ ready, checks: results });
  });
  app.get('/metrics', async (_request, response) => {
    nameRoute(response, '/metrics');
    response.type(health.metrics.registry.contentType).send(await health.metrics.registry.metrics());
  });
}

async function runChecks(checks: Record<string, HealthCheck>): Promise<Record<string, string>> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await bounded(check)] as const),
  );
  return Object.fromEntries(results);
}

async function bounded(check: HealthCheck): Promise<string> {
  try {
    const checked = Promise.resolve(check()).then((problem) => problem ?? 'ok');
    return await withTimeout(checked, CHECK_TIMEOUT_MS, () => 'no answer in time');
  } catch {
    return 'failed'; // the cause may name hosts and users, and anyone may read this
  }
}

/** A server that answers and cannot make a change is as little use to the brake as none. */
function databaseCheck(db: Database, trouble: ServerTrouble): HealthCheck {
  return async () => {
    try {
      const {
        rows: [row],
      } = await db.query<{ standby: boolean; read_only: boolean }>(
        "select pg_is_in_recovery() as standby, current_setting('transaction_read_only') = 'on' as read_only",
      );
      if (row?.standby) return 'is a standby, which takes no changes';
      if (row?.read_only) return 'is read-only: it takes no changes';
      return trouble.words;
    } catch {
      return 'cannot be reached';
    }
  };
}

function migrationsCheck(db: Database): HealthCheck {
  return async () => {
    try {
      const pending = await pendingMigrations(db);
      if (pending > 0) return `${pending} pending: run \`orchestra db migrate\``;
      // Somebody may have moved the tables, or be restoring them.
      const {
        rows: [row],
      } = await db.query<{ found: boolean }>(
        "select to_regclass('senate_pause') is not null and to_regclass('tasks') is not null as found",
      );
      return row?.found ? undefined : 'done, but the tables are not in the schema: see ORCHESTRA_SCHEMA';
    } catch {
      return 'not known';
    }
  };
}
