import pg from 'pg';
import type { Connection } from './connect/connection.ts';
import { SQLSTATE, sqlState } from './errors.ts';

const LOOK_EVERY_MS = 1_000;
// For the first look, after which most of what has been given up is gone.
const LOOK_TIMEOUT_MS = 2_000;

// Only these hold a session whose client has gone: a commit that waits for a synchronous standby looks at neither the
// client nor any timeout.
const STILL_WAITING = `select a.pid from pg_stat_activity a
    where a.pid = any ($1::int[])
      and (a.wait_event = 'SyncRep' or a.wait_event_type = 'Lock')`;

// One look at a time in a process: one connection more than the pools have.
let lastLook: Promise<unknown> = Promise.resolve();

/**
 * Keeps a pool to its size as the server counts it. A client that has waited in vain for an answer leaves the pool,
 * and the pool would open another; but the
 * server's end of it may live on, for as long as a synchronous standby is missing, and with each try there would be
 * one more. Ending such a wait would make the
 * commit visible without the standby, so its place is not given to anybody until the server says that it has ended.
 */
export class AbandonedConnections {
  readonly #pool: pg.Pool;
  readonly #max: number;
  readonly #connection: Connection;
  readonly #pids = new WeakMap<pg.ClientBase, number>();
  readonly #abandoned = new Set<number>();
  #willLook = false;

  constructor(pool: pg.Pool, max: number, connection: Connection) {
    this.#pool = pool;
    this.#max = max;
    this.#connection = connection;
    // Comes before the client leaves the pool.
    pool.on('release', (error: Error | boolean | undefined, client) => {
      if (error instanceof Error && wasUnanswered(error)) this.#abandon(client);
    });
  }

  /** The server's end of a new client. Not for one behind a pooler, which keeps sessions of its own. */
  note(client: pg.ClientBase, backendPid: number): void {
    this.#pids.set(client, backendPid);
  }

  #abandon(client: pg.ClientBase): void {
    const pid = this.#pids.get(client);
    if (pid === undefined) return;
    this.#abandoned.add(pid);
    this.#apply();
  }

  #apply(): void {
    this.#pool.options.max = this.#max - Math.min(this.#max, this.#abandoned.size);
    if (this.#willLook || this.#abandoned.size === 0 || this.#pool.ending) return;
    this.#willLook = true;
    setTimeout(() => {
      lastLook = lastLook.then(() => this.#look());
    }, LOOK_EVERY_MS).unref();
  }

  async #look(): Promise<void> {
    const asked = [...this.#abandoned];
    const waiting = new Set(await this.#stillWaiting(asked));
    for (const pid of asked) if (!waiting.has(pid)) this.#abandoned.delete(pid);
    this.#willLook = false;
    this.#apply();
  }

  /**
   * Where the server cannot be asked, nothing is known of it, and it gives out no connections either. Where it has
   * none left, nothing has changed.
   */
  async #stillWaiting(pids: readonly number[]): Promise<readonly number[]> {
    const client = new pg.Client({ ...this.#connection.config, query_timeout: LOOK_TIMEOUT_MS });
    client.on('error', () => {}); // the statement under way reports it
    try {
      await client.connect();
      return (await client.query<{ pid: number }>(STILL_WAITING, [pids])).rows.map(({ pid }) => pid);
    } catch (error) {
      return sqlState(error) === SQLSTATE.tooManyConnections ? pids : [];
    } finally {
      void client.end().catch(() => {}); // it may never have come about
    }
  }
}

/** `pg` has no code for it. */
function wasUnanswered(error: Error): boolean {
  return /query read timeout/i.test(error.message) || (error.cause instanceof Error && wasUnanswered(error.cause));
}
