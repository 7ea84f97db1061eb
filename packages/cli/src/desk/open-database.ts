import { isDatabaseUnavailable, makePool, sqlState, type Database } from '@orchestra/database';
import { CommandFailure, isRefusal } from '../failure.ts';
import { wordsOf } from '../words-of.ts';
import { findDatabaseUrl, withoutPassword } from './database-url.ts';

const UNDEFINED_TABLE = '42P01';
const WRONG_PASSWORD = /^28/;
const NO_SUCH_DATABASE = '3D000';

/**
 * Runs `work` on the database itself and closes it again.
 *
 * @throws CommandFailure where the database cannot be used; a command's own refusal goes through
 */
export async function atDatabase<T>(work: (db: Database) => Promise<T>): Promise<T> {
  const url = findDatabaseUrl();
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new CommandFailure('no_database', 'DATABASE_URL must look like postgresql://user:password@host:5432/database, with special characters percent-encoded');
  }
  const db = makePool({ connectionString: url, applicationName: 'orchestra cli', max: 2 });
  try {
    return await work(db);
  } catch (error) {
    throw explainDatabaseError(error, url);
  } finally {
    await db.end();
  }
}

/** A database error with the next step; anything else as it is. */
export function explainDatabaseError(error: unknown, databaseUrl: string): unknown {
  // A refusal may well have been caused by something that the server said.
  if (!(error instanceof Error) || error instanceof CommandFailure || isRefusal(error)) return error;
  const where = withoutPassword(databaseUrl);
  const state = sqlState(error);
  if (isDatabaseUnavailable(error)) {
    return new CommandFailure('database_unavailable', `the database does not answer at ${where} (${wordsOf(error)}); is it running?`, { cause: error });
  }
  if (state === UNDEFINED_TABLE) return new CommandFailure('not_migrated', `the database at ${where} has no tables of Orchestra; run \`orchestra db migrate\``, { cause: error });
  if (state !== undefined && WRONG_PASSWORD.test(state)) return new CommandFailure('database_refused', `the database at ${where} refuses this user: ${serverWords(error)}`, { cause: error });
  if (state === NO_SUCH_DATABASE) return new CommandFailure('database_refused', `${serverWords(error)} at ${where}; create it first`, { cause: error });
  if (state !== undefined) return new CommandFailure('database_error', `the database at ${where} answers: ${serverWords(error)}`, { cause: error });
  return error;
}

/** What the server said, below whatever wraps it. */
function serverWords(error: Error): string {
  return error.cause instanceof Error && sqlState(error.cause) !== undefined ? serverWords(error.cause) : error.message;
}
