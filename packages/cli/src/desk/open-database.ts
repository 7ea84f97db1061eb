import { explainDatabaseFailure, makePool, type Database } from '@orchestra/database';
import { CommandFailure, isRefusal } from '../failure.ts';
import { findDatabaseUrl } from './database-url.ts';

// Of a pool: what a command does at a time, and one more for what it asks beside.
const CONNECTIONS_MAX = 2;
// A person waits for it, perhaps on a machine that is too busy for a service's two seconds.
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Runs `work` on the database itself and closes it again.
 *
 * @throws CommandFailure where the database cannot be used; a command's own refusal goes through
 */
export async function atDatabase<T>(work: (db: Database) => Promise<T>): Promise<T> {
  return atGivenDatabase(findDatabaseUrl(), work);
}

/**
 * The same on another one.
 *
 * @param schema another one than Orchestra's own; `'as given'`: for another program's connection, which keeps its
 *   search_path
 * @param setting how the address was given
 */
export async function atGivenDatabase<T>(
  url: string,
  work: (db: Database) => Promise<T>,
  schema?: string,
  setting?: string,
): Promise<T> {
  let db: Database | undefined;
  try {
    db = makePool({
      connectionString: url,
      applicationName: 'orchestra cli',
      max: CONNECTIONS_MAX,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      ...(schema === undefined ? {} : { schema }),
    });
    return await work(db);
  } catch (error) {
    throw explainDatabaseError(error, url, setting);
  } finally {
    await db?.end();
  }
}

/** A database error with the next step; anything else as it is. */
export function explainDatabaseError(error: unknown, databaseUrl: string, setting?: string): unknown {
  // A refusal may well have been caused by something that the server said.
  if (error instanceof CommandFailure || isRefusal(error)) return error;
  const failure = explainDatabaseFailure(error, databaseUrl, setting);
  return failure === undefined ? error : new CommandFailure(failure.code, failure.message, { cause: error });
}
