import { setTimeout as delay } from 'node:timers/promises';
import { inTransaction, SQLSTATE, sqlState, type Database } from '@orchestra/database';
import type { Step } from './build-attach.ts';
import { AttachError } from './errors.ts';

// A session that waits for a table makes all others queue behind it: this is the longest the engine stands still.
export const LOCK_TIMEOUT_MS = 500;
const TRIES = 20;
const BETWEEN_MS = 500;

/**
 * Runs the steps in one transaction, all or none, with a short `lock_timeout`, and again while somebody is in the way.
 *
 * @param steps made again for each try, inside the transaction
 * @param onWait told what it waits for
 * @throws AttachError `queue_busy`, `rights_missing`
 */
export async function inShortLocks<T>(
  db: Database,
  tables: readonly string[],
  steps: (tx: Parameters<Parameters<typeof inTransaction>[1]>[0]) => Promise<{ steps: Step[]; answer: T }>,
  onWait: (words: string) => void,
): Promise<T> {
  let holders: string[] = [];
  for (let tries = 1; tries <= TRIES; tries++) {
    try {
      return await inTransaction(db, async (tx) => {
        await tx.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
        const plan = await steps(tx);
        for (const { sql } of plan.steps) await tx.query(sql);
        return plan.answer;
      });
    } catch (error) {
      const refused = refusedByDatabase(error);
      if (refused !== undefined) throw refused;
      if (sqlState(error) !== SQLSTATE.lockNotAvailable) throw error;
      holders = await whoHolds(db, tables);
      onWait(holders.length === 0 ? 'a lock was held for a moment; trying again' : `waiting for ${holders.join('; ')}`);
      await delay(BETWEEN_MS);
    }
  }
  throw new AttachError(
    'queue_busy',
    `nothing has been changed: the queue's tables were locked all the ` +
      `time${holders.length === 0 ? '' : `, at last by ${holders.join('; ')}`}; end that, or try again later`,
  );
}

/** The refusal of a role without the rights, or of a standby, with what to do; undefined: it is another error. */
export function refusedByDatabase(error: unknown): AttachError | undefined {
  const state = sqlState(error);
  if (state !== SQLSTATE.insufficientPrivilege && state !== SQLSTATE.readOnly) return undefined;
  return new AttachError(
    'rights_missing',
    `the database refuses: ${error instanceof Error ? error.message : String(error)}; connect as the ` +
      `owner of the queue's tables who may also create in Orchestra's schema (in another database: create ` +
      'a schema) and read senate_pause, or as a superuser',
    { cause: error },
  );
}

/** Who holds a lock on one of these tables. */
async function whoHolds(db: Database, tables: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ words: string }>(
    `select format('backend %s%s of role %s, in a transaction for %s s: %s', a.pid,
                   coalesce(' (' || nullif(a.application_name, '') || ')', ''), a.usename,
                   extract(epoch from clock_timestamp() - a.xact_start)::int,
                   left(regexp_replace(a.query, '\\s+', ' ', 'g'), 80)) as words
       from pg_stat_activity a
      where a.pid <> pg_backend_pid() and a.xact_start is not null
        and exists (select from pg_locks l where l.pid = a.pid and l.granted and l.locktype = 'relation'
                                             and l.database = (select d.oid
                                                                 from pg_database d
                                                                where d.datname = current_database())
                                             and l.relation = any (select to_regclass(t) from unnest($1::text[]) t))
      order by a.xact_start limit 5`,
    [tables],
  );
  return rows.map(({ words }) => words);
}
