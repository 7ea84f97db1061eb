import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  connectionTo,
  SESSION_SETTINGS,
  settingOptions,
  SQLSTATE,
  sqlState,
  type ServerStream,
} from '@orchestra/database/connect';
import pg from 'pg';
import { ReplicaError } from './errors.ts';

// How long a polite goodbye may take; over a dead network it would never end.
const GOODBYE_MS = 500;

export interface ListenSessionOptions {
  connectionString: string;
  applicationName: string;
  channels: readonly string[];
  /** '' when the bell came without one */
  onPayload: (payload: string, channel: string) => void;
  connectTimeoutMs: number;
  /** How long a ping may be on its way, and a statement may take. */
  pingTimeoutMs: number;
}

/**
 * One connection that listens, from its making to its end; it is never reconnected. A channel of this session alone
 * carries its pings, so that they ring nobody else.
 *
 * It holds its socket, which gives it the certain news that the connection is gone, and the means to end it at any
 * moment.
 */
export class ListenSession {
  readonly #options: ListenSessionOptions;
  readonly #socket: ServerStream;
  readonly #client: pg.Client;
  readonly #pingChannel = `orchestra_ping_${randomBytes(6).toString('hex')}`;
  readonly #gone = new AbortController();
  #socketError: Error | undefined;
  #pings = 0;
  #pong: { payload: string; arrived: PromiseWithResolvers<void> } | undefined;

  /** @throws when the connection string cannot be understood */
  constructor(options: ListenSessionOptions) {
    this.#options = options;
    const { address, config, stream } = connectionTo(
      options.connectionString,
      options.applicationName,
      options.connectTimeoutMs,
    );
    this.#socket = stream();
    this.#socket.on('error', (error) => {
      this.#socketError = error;
    }); // followed by 'close'
    this.#socket.on('close', () => this.#ended());
    this.#client = new pg.Client({
      ...config,
      // A ping that waits longer for others to ring is given up by the server. Given up here alone, it would go on
      // waiting there, and so would the next one.
      options: settingOptions(address.options, {
        ...SESSION_SETTINGS,
        lock_timeout: String(Math.ceil(options.pingTimeoutMs / 2)),
      }),
      query_timeout: options.pingTimeoutMs,
      stream: () => this.#socket,
    });
    // Without a handler an 'error' would end the process.
    this.#client.on('error', () => this.drop());
    this.#client.on('notification', ({ channel, payload = '' }) => {
      if (options.channels.includes(channel)) options.onPayload(payload, channel);
      else if (channel === this.#pingChannel && payload === this.#pong?.payload) this.#pong?.arrived.resolve();
    });
  }

  /** Aborts when the connection is gone, with the reason. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Connects and listens. Resolves when LISTEN is in force; rejects with what the server or the network said. */
  async open(): Promise<void> {
    const { signal } = this.#gone;
    // pg leaves the promise of a connect that was ended early pending, so the end is waited for as well.
    await Promise.race([this.#client.connect(), once(signal, 'abort').then(() => signal.throwIfAborted())]);
    // One after the other: pg is giving up several statements at a time on one connection.
    for (const channel of [...this.#options.channels, this.#pingChannel]) await this.#client.query(`LISTEN ${channel}`);
  }

  /**
   * Sends a notification to itself and waits for it: the one proof that this connection still hears.
   *
   * @throws ReplicaError `ping_unanswered`
   */
  async ping(): Promise<void> {
    const { pingTimeoutMs } = this.#options;
    const payload = String(++this.#pings);
    const arrived = Promise.withResolvers<void>();
    this.#pong = { payload, arrived };
    const unanswered = (cause?: unknown): void =>
      arrived.reject(
        this.#gone.signal.aborted
          ? this.#gone.signal.reason
          : new ReplicaError(
              'ping_unanswered',
              `a ping through the listening connection did not come back within ${pingTimeoutMs} ms`,
              { cause },
            ),
      );
    // After a stall of this process timers (also pg's own) are due before what came in meanwhile has been read. Node
    // reads before it comes to setImmediate, so the answer still counts.
    const timer = setTimeout(() => setImmediate(unanswered), pingTimeoutMs);
    this.#client.query(`NOTIFY ${this.#pingChannel}, '${payload}'`).catch((error: unknown) => {
      // The server's queue is full, or a commit holds up everybody who rings; but it has answered: this connection is
      // not to blame.
      const state = sqlState(error);
      if (state === SQLSTATE.notifyQueueFull || state === SQLSTATE.lockNotAvailable) arrived.resolve();
      else setImmediate(unanswered, error);
    });
    try {
      await arrived.promise;
    } finally {
      clearTimeout(timer);
      this.#pong = undefined;
    }
  }

  /** Ends the connection at once, without a goodbye. */
  drop(): void {
    this.#socket.destroy();
  }

  /** Says goodbye and ends the connection, within half a second. Also while it is still being made. */
  async close(): Promise<void> {
    if (this.gone.aborted) return;
    const gone = once(this.gone, 'abort');
    const timer = setTimeout(() => this.drop(), GOODBYE_MS);
    if (this.#socket.pending) this.drop();
    else void this.#client.end(); // resolves when the socket has closed, which is waited for here
    await gone;
    clearTimeout(timer);
  }

  #ended(): void {
    const gone = new ReplicaError('connection_lost', 'the listening connection was lost', { cause: this.#socketError });
    this.#gone.abort(gone);
    this.#pong?.arrived.reject(gone);
  }
}
