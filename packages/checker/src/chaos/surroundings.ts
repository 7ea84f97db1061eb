import { randomUUID } from 'node:crypto';
import { serviceGrants, workerGrants, type Database } from '@orchestra/database';

/** What the services find where they run, otherwise than on a PostgreSQL that was set up for them alone. */
export interface Surroundings {
  /**
   * pause-api, the alert-cascades and every claimer but the first one reach the database through a PgBouncer in
   * transaction mode.
   */
  pooler?: boolean;
  /** Services connect as a role that owns nothing, with the rights that docs/operations.md gives. */
  plainRole?: boolean;
  /** What the database makes each session begin with. */
  databaseSettings?: Readonly<Record<string, string>>;
  /** The database's own files are on a file system of this size, which a fault can fill. */
  diskMib?: number;
  postgresSettings?: Readonly<Record<string, string | number>>;
}

const ROLE = 'orchestra_services';
const WORKER_ROLE = 'orchestra_worker';

/** Gives the database settings that each new session begins with. */
export async function setDatabase(
  admin: Database,
  database: string,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, value] of Object.entries(settings)) {
    const {
      rows: [row],
    } = await admin.query<{ statement: string }>(
      "select format('alter database %I set %I to %L', $1::text, $2::text, $3::text) as statement",
      [database, name, value],
    );
    if (row !== undefined) await admin.query(row.statement);
  }
}

/**
 * Makes a role with the rights that docs/operations.md gives to services which do not own the tables. @returns the
 * address with which it connects
 */
export function makePlainRole(database: Database, ownerUrl: string): Promise<string> {
  return makeRole(database, ownerUrl, ROLE, serviceGrants(ROLE));
}

/**
 * Makes a role with the rights that docs/direct.md gives to direct workers. @returns the address with which it connects
 */
export function makeWorkerRole(database: Database, ownerUrl: string): Promise<string> {
  return makeRole(database, ownerUrl, WORKER_ROLE, workerGrants(WORKER_ROLE));
}

/** Makes a role with these rights. @returns the address with which it connects */
export async function makeRole(
  database: Database,
  ownerUrl: string,
  role: string,
  grants: readonly string[],
): Promise<string> {
  const password = randomUUID();
  await database.query(`create role ${role} login password '${password}'`);
  for (const grant of grants) await database.query(grant);
  const url = new URL(ownerUrl);
  url.username = role;
  url.password = password;
  return url.href;
}
