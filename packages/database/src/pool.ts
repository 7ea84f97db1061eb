import pg from 'pg';
import { hasServerChanged } from './errors.ts';
import { tryAgain } from './try-again.ts';

/** What statements run on: a pool, or one connection inside a transaction. */
export type Queryable = Pick<pg.Pool, 'query'>;

/** A pool that can open transactions. */
export type Database = pg.Pool;

/** One connection inside a transaction that {@link inTransaction} opened. */
export type Transaction = pg.PoolClient;

export interface PoolOptions {
  connectionString: string;
  /** Shown in `pg_stat_activity`, so that an operator sees which process holds what. */
  applicationName: string;
  /** Connections at most. */
  max?: number;
  /** How long a statement may run before the server ends it. */
  statementTimeoutMs?: number;
  /** Server settings for every connection of this pool, by name. */
  settings?: Readonly<Record<string, string>>;
  /** Told of connections that broke while idle or in use; nothing has to be done about them. */
  onConnectionLost?: (error: Error) => void;
}

// The settle's proof needs a snapshot for each statement, also where a server or a role defaults to something else.
const SETTINGS = { default_transaction_isolation: 'read committed' };

/**
 * The one way to make a pool. A lost connection, idle or checked out, never ends the process: without these
 * handlers `pg` raises it as an unhandled `error` event. Waiting for a free connection and every statement are bounded.
 * A statement that the server rolled back over a deadlock is sent again, see {@link tryAgain}.
 */
export function makePool(options: PoolOptions): Database {
  const lost = options.onConnectionLost ?? (() => {});
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    application_name: options.applicationName,
    max: options.max ?? 10,
    connectionTimeoutMillis: 2_000,
    statement_timeout: options.statementTimeoutMs ?? 10_000,
    // Frees whoever waits on a process that was frozen inside a transaction.
    idle_in_transaction_session_timeout: 5_000,
    // The server cannot end a statement over a connection that is gone; the client gives up by itself.
    query_timeout: (options.statementTimeoutMs ?? 10_000) + 2_000,
    keepAlive: true,
    options: Object.entries({ ...SETTINGS, ...options.settings }).map(([name, value]) => `-c ${name}=${value.replaceAll(' ', '\\ ')}`).join(' '),
  });
  pool.on('error', lost);
  pool.on('connect', (client) => client.on('error', lost));
  const send = pool.query;
  // Outside a transaction a statement is one by itself.
  Object.defineProperty(pool, 'query', { value: (...call: unknown[]) => tryAgain(() => Promise.resolve(Reflect.apply(send, pool, call))) });
  return pool;
}

/**
 * Runs `work` in one READ COMMITTED transaction: committed when it resolves, rolled back when it throws. When the server has rolled it back over a deadlock,
 * `work` is called again, in a new transaction: what it does elsewhere than in the database must bear that.
 */
export function inTransaction<T>(db: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return tryAgain(() => inOneTransaction(db, work));
}

async function inOneTransaction<T>(db: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const tx = await db.connect();
  let broken: Error | undefined;
  try {
    await tx.query('begin');
    const answer = await work(tx);
    await tx.query('commit');
    return answer;
  } catch (error) {
    // Not answered at all: a rollback would wait as long once more for nothing. Answered by a server that takes no changes, or is
    // going down: the next connection may find another one.
    if (error instanceof Error && hasServerChanged(error)) broken = error;
    else await tx.query('rollback').catch((cause: Error) => { broken = cause; });
    throw error;
  } finally {
    // A connection in an unknown state leaves the pool; the server rolls back by itself when it has gone.
    tx.release(broken);
  }
}
