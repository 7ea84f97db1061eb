import {
  explainDatabaseFailure,
  makePool,
  parseAddress,
  sqlState,
  withPassword,
  type Database,
} from '@orchestra/database';
import { withTimeout } from '@orchestra/timing';
import { ownEnvironment } from '../own-environment.ts';

/** Where an attached queue is that is not in Orchestra's own database. */
export interface OtherPlace {
  /** Of the attachment. */
  name: string;
  /** Without a password. */
  url: string;
  /** The schema there that holds the copies of the pauses. */
  schema: string;
  /** It is there as well: nobody else's copies are written over. */
  key: string;
}

// A pause call waits for it, and says what it knows by then.
const CONNECT_MS = 2_000;
const STATEMENT_MS = 2_000;
const CONNECTIONS_MAX = 2;

/** The password of one attachment, as the environment has it. */
export function passwordVariable(name: string): string {
  return `ORCHESTRA_ATTACH_PASSWORD_${name.toUpperCase().replaceAll('-', '_')}`;
}

export interface OtherDatabaseOptions {
  /** For connecting, and for each statement; two seconds unless given. */
  eachMs?: number;
  /**
   * For all of it: then it is given up here, though a statement under way may go on there. Absent: each step's own
   * limit.
   */
  limitMs?: number;
}

/**
 * Does something in the database of an attachment, over a connection made for it. The password is what
 * {@link passwordVariable} or, as for psql, `PGPASSWORD` or `.pgpass` say.
 *
 * @throws OtherDatabaseError where that database cannot be used; HomeNotReadError where `work` could not read home
 */
export async function atOtherDatabase<T>(
  place: OtherPlace,
  work: (there: Database) => Promise<T>,
  { eachMs, limitMs }: OtherDatabaseOptions = {},
): Promise<T> {
  let there: Database | undefined;
  try {
    // Services that `up` has started have these settings by a pipe, and not in their environment.
    const env = ownEnvironment();
    const password = env[passwordVariable(place.name)] ?? parseAddress(place.url, env).password;
    there = makePool({
      connectionString: password === undefined ? place.url : withPassword(place.url, password),
      applicationName: 'orchestra attached',
      max: CONNECTIONS_MAX,
      connectTimeoutMs: eachMs ?? CONNECT_MS,
      statementTimeoutMs: eachMs ?? STATEMENT_MS,
      schema: place.schema,
    });
    const working = work(there);
    return await (limitMs === undefined ? working : within(limitMs, working));
  } catch (cause) {
    // What attach itself refuses is no fault of that database.
    if (cause instanceof Error && cause.name === 'AttachError') throw cause;
    // Nor is what Orchestra's own database says.
    if (cause instanceof HomeNotReadError) throw cause;
    throw new OtherDatabaseError(place, cause);
  } finally {
    // Not waited for: a server that does not answer does not say goodbye either.
    there?.end().catch(() => {});
  }
}

/** The database of an attachment cannot be used. The message says why, in one sentence. */
export class OtherDatabaseError extends Error {
  override readonly name = 'OtherDatabaseError';
  readonly code = 'attached_database_unavailable';

  constructor(place: OtherPlace, cause: unknown) {
    super(wordsOf(place, cause), { cause });
  }
}

// Raised by the functions of the copies.
const OF_ANOTHER = 'OC010';
const UNDEFINED_FUNCTION = '42883';
const UNDEFINED_TABLE = '42P01';

/** It was Orchestra's own database that could not be read meanwhile. */
export class HomeNotReadError extends Error {
  override readonly name = 'HomeNotReadError';
}

function wordsOf({ name, url, schema }: OtherPlace, cause: unknown): string {
  if (cause instanceof OtherDatabaseError) return cause.message;
  const state = sqlState(cause);
  if (state === OF_ANOTHER)
    return `the schema ${schema} in its database belongs to another Orchestra: attach ${name} again under another name`;
  if (state === UNDEFINED_FUNCTION || state === UNDEFINED_TABLE)
    return `its database has no schema ${schema} of this attachment any more: remove the attachment and attach again`;
  return (
    explainDatabaseFailure(cause, url, `the address of ${name}`)?.message ??
    (cause instanceof Error ? cause.message : String(cause))
  );
}

function within<T>(limitMs: number, working: Promise<T>): Promise<T> {
  return withTimeout(working, limitMs, (): never => {
    throw new Error(`its database did not answer within ${limitMs / 1_000} s`);
  });
}
