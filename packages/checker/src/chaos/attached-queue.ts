import { attach, pgBoss } from '@orchestra/attach';
import type { Database } from '@orchestra/database';
import { PgBoss } from 'pg-boss';
import { makeRole } from './surroundings.ts';

/** The queue of the team's own engine, whose claims read the pauses. */
export const ATTACHED_QUEUE = 'chaos';
const ROLE = 'chaos_attached';
// pg-boss cannot create its tables where a statement may take 250 ms and transactions are serializable: it breaks off,
// and then finds half of its tables. A team creates them under settings that allow it.
const ORDINARY_SESSION =
  '-c statement_timeout=0 -c lock_timeout=0 -c default_transaction_isolation=read\\ committed ' +
  '-c default_transaction_deferrable=off -c standard_conforming_strings=on';
const GRANTS = [
  `grant usage on schema pgboss to ${ROLE}`,
  `grant select, insert, update, delete on all tables in schema pgboss to ${ROLE}`,
];

/**
 * Makes the tables of pg-boss in the database and attaches them.
 *
 * @returns the address of a role that the policy binds
 */
export async function attachQueue(database: Database, ownerUrl: string): Promise<string> {
  const boss = new PgBoss({
    connectionString: ownerUrl,
    options: ORDINARY_SESSION,
    supervise: false,
    schedule: false,
    max: 2,
  });
  boss.on('error', () => {}); // what a call could not do is its own error
  await boss.start();
  await boss.createQueue(ATTACHED_QUEUE, { retryLimit: 1_000, retryDelay: 0 });
  await boss.stop({ graceful: false });
  const url = await makeRole(database, ownerUrl, ROLE, GRANTS);
  await attach(database, 'pg-boss', pgBoss());
  return url;
}
