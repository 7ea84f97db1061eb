import pg from 'pg';
import { AbandonedConnections } from './abandoned-connections.ts';
import { connectionTo, type Connection } from './connect/connection.ts';
import { SERVER_STATE } from './connect/servers.ts';
import { TransportError } from './connect/transport-error.ts';
import { hasServerChanged } from './errors.ts';
import { findHome, givenSchema, quoteName, searchPathOf } from './home-schema.ts';
import { keepOpen } from './keep-open.ts';
import { runFirst, SESSION_SETTINGS, settingStatement } from './session-settings.ts';
import { isShared, useSharedSession } from './shared-session.ts';
import { tryAgain } from './try-again.ts';

/** What statements run on: a pool, or one connection inside a transaction. */
export type Queryable = Pick<pg.Pool, 'query'>;

/** A pool that can open transactions. */
export type Database = pg.Pool;

/** One connection inside a transaction that {@link inTransaction} opened. */
export type Transaction = pg.PoolClient;

/** True inside {@link inTransaction}: nothing of what was done is committed yet. */
export function isTransaction(db: Queryable): db is Transaction {
  return 'release' in db;
}

export interface PoolOptions {
  connectionString: string;
  /** Shown in `pg_stat_activity`, so that an operator sees which process holds what. */
  applicationName: string;
  /** Connections at most. */
  max?: number;
  /** So many are opened at once and never given back: they are there when the server gives out no more. */
  held?: number;
  /** How long a statement may run before the server ends it. */
  statementTimeoutMs?: number;
  /** Server settings for every connection of this pool, by name, besides those of every session. */
  settings?: Readonly<Record<string, string>>;
  /**
   * How long making a connection, or waiting for a free one, may take, unless the address says otherwise; two seconds
   * where it is left out.
   */
  connectTimeoutMs?: number;
  /** How values are read; as the process has it, unless given. */
  types?: pg.CustomTypesConfig | undefined;
  /**
   * Where Orchestra's tables are; unless given, what `ORCHESTRA_SCHEMA` says, else it is found. `'as given'`: the
   * search_path stays as the address, the role or the database have it, as for a connection that stands for another
   * program's.
   */
  schema?: string;
  /** Told of connections that broke while idle or in use; nothing has to be done about them. */
  onConnectionLost?: (error: Error) => void;
}

// Frees whoever waits on a process that was frozen inside a transaction.
const IDLE_IN_TRANSACTION_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 10_000;

/**
 * The one way to make a pool. A lost connection, idle or checked out, never ends the process: without these
 * handlers `pg` raises it as an unhandled `error` event. Waiting for a free connection and every statement are bounded.
 * A statement that the server rolled back over a deadlock is sent again, see {@link tryAgain}.
 * Each connection gets {@link SESSION_SETTINGS} and Orchestra's schema as its search_path after it was made; one that
 * leads through a pooler gets them with each transaction.
 *
 * @throws AddressError, SchemaNameError
 */
export function makePool(options: PoolOptions): Database {
  const { max = 10, held = 0, statementTimeoutMs = STATEMENT_TIMEOUT_MS } = options;
  const lost = options.onConnectionLost ?? (() => {});
  const connection = connectionTo(options.connectionString, options.applicationName, options.connectTimeoutMs);
  const settings = {
    ...SESSION_SETTINGS,
    statement_timeout: String(statementTimeoutMs),
    // While it commits, no statement is under way: a commit that rings a bell waits for others that do, and only this
    // ends the wait.
    lock_timeout: String(statementTimeoutMs),
    idle_in_transaction_session_timeout: String(IDLE_IN_TRANSACTION_MS),
    ...options.settings,
  };
  const schema: WantedSchema = options.schema === 'as given' ? 'as given' : { name: givenSchema(options.schema) };
  const usedOnce = new WeakSet<pg.ClientBase>();
  const prepare = (client: pg.ClientBase): unknown => {
    client.on('error', lost);
    return settle(client, connection, { settings, schema }, (pid) => abandoned.note(client, pid)).then((server) => {
      if (server === 'may change') usedOnce.add(client);
    });
  };
  const pool = new pg.Pool({
    ...connection.config,
    max,
    min: held,
    ...(options.types === undefined ? {} : { types: options.types }),
    // The server cannot end a statement over a connection that is gone; the client gives up by itself.
    query_timeout: statementTimeoutMs + 2_000,
    // The pool waits for what this promises, which its types do not say.
    onConnect: prepare,
  });
  const abandoned = new AbandonedConnections(pool, max, connection);
  pool.on('error', lost);
  // While the address leads to a standby, each connection asks again where it leads: one that is kept would still be
  // read from when the address leads to the primary again. And while there are no tables, each asks again in which
  // schema they are.
  pool.on('release', (_error, client) => {
    if (usedOnce.has(client)) void client.end().catch(lost);
  });
  if (held > 0) keepOpen(pool, held);
  const send = pool.query.bind(pool);
  // Outside a transaction a statement is one by itself.
  Object.defineProperty(pool, 'query', {
    configurable: true,
    writable: true,
    value: (...call: unknown[]) => tryAgain(() => Promise.resolve(Reflect.apply(send, undefined, call))),
  });
  return pool;
}

type WantedSchema = 'as given' | { name: string | undefined };

interface Wanted {
  settings: Readonly<Record<string, string>>;
  schema: WantedSchema;
}

/**
 * Gives a new connection its settings and its schema, and says whether it may be kept.
 *
 * @throws TransportError for a server that is not of the wanted kind
 */
async function settle(
  client: pg.ClientBase,
  { servers, timeoutMs }: Connection,
  { settings, schema }: Wanted,
  onOwnSession: (pid: number) => void,
): Promise<'stays so' | 'may change'> {
  // Before anything else is asked: the first statement has to be quick, for the role may have given it little time.
  const {
    rows: [row],
  } = await runFirst(() =>
    client.query<{ pid: number; standby: boolean; read_only: boolean }>(
      within(timeoutMs, `select pg_catalog.pg_backend_pid() as pid, ${SERVER_STATE}`),
    ),
  );
  if (row === undefined) throw new Error('a statement without a from answered no row');
  if (!servers.fits({ isStandby: row.standby, isReadOnly: row.read_only })) {
    servers.forget();
    throw new TransportError(
      'no_server',
      `the server ${row.standby ? 'is a standby' : row.read_only ? 'is read-only' : 'is a primary'}, and ` +
        'the address asks for another (target_session_attrs)',
    );
  }
  let mayMove = false;
  const withSchema = async (): Promise<Record<string, string>> => {
    if (schema === 'as given') return {};
    const home = await findHome(client, schema.name, timeoutMs);
    mayMove = !home.isThere;
    // A search_path passes over what the role may not use, and its tables would be said not to exist. This is refused
    // with the reason.
    if (home.isThere && !home.mayUse)
      await client.query(within(timeoutMs, `select from ${quoteName(home.schema)}.claim_marker`));
    return { search_path: searchPathOf(home) };
  };
  if (isShared(client, row.pid)) await useSharedSession(client, settings, withSchema);
  else {
    onOwnSession(row.pid);
    await runFirst(() => client.query(within(timeoutMs, settingStatement(settings, 'session'))));
    const path = await withSchema();
    if (Object.keys(path).length > 0) await client.query(within(timeoutMs, settingStatement(path, 'session')));
  }
  return row.standby || row.read_only || mayMove ? 'may change' : 'stays so';
}

/** A statement that is given up after so long; `pg` reads it from there. */
function within(timeoutMs: number, text: string): pg.QueryConfig & { query_timeout: number } {
  return { text, query_timeout: timeoutMs };
}

/**
 * Runs `work` in one READ COMMITTED transaction: committed when it resolves, rolled back when it throws. When the
 * server has rolled it back over a deadlock,
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
    // Not answered at all: a rollback would wait as long once more for nothing. Answered by a server that takes no
    // changes, or is going down: the next connection may find another one.
    if (error instanceof Error && hasServerChanged(error)) broken = error;
    else
      await tx.query('rollback').catch((cause: Error) => {
        broken = cause;
      });
    throw error;
  } finally {
    // A connection in an unknown state leaves the pool; the server rolls back by itself when it has gone.
    tx.release(broken);
  }
}
