import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs, sleep } from '@orchestra/timing';
import { ReplicaError } from './errors.ts';
import { ListenSession } from './listen-session.ts';

/**
 * The one channel that bells ring on; the payload is the topic, behind which a pause may be named. See the triggers in
 * `migrations/`.
 */
export const BELL_CHANNEL = 'orchestra';

/**
 * Who adds tasks without a service rings here, for direct workers that wait. Bells of the brake stay apart: each of
 * them has every replica read.
 */
export const TASKS_CHANNEL = 'orchestra_tasks';

// What a dead connection loses meanwhile, the readings by the clock bring.
const PING_EVERY_MS = 30_000;
const PING_TIMEOUT_MS = 2_000;
const CONNECT_TIMEOUT_MS = 2_000;
// Listening is back within about a second of the server, and a fleet does not knock harder than once a second each.
const BACKOFF = { baseMs: 100, capMs: 1_000 };

export interface ListenHubOptions {
  /** A direct connection: LISTEN does not work through a pooler in transaction mode. */
  connectionString: string;
  /** Shown in `pg_stat_activity`. */
  applicationName?: string;
  /**
   * A bell rang. The topic is 'pause' or 'alert', or whatever somebody rang by hand; '' for nothing. `names` is the
   * pause that it names, as JSON that anybody may have sent; '' where it names none.
   */
  onBell: (topic: string, names: string) => void;
  /** Tasks were added without a service. Absent: that is not listened to. */
  onTasks?: (() => void) | undefined;
  /** Listening is in force, for the first time or again. Bells before this may have been missed: read. */
  onConnect?: () => void;
  /** Listening was interrupted, or the first attempt failed. Once for each outage; it goes on trying. */
  onLost?: (error: ReplicaError) => void;
  pingEveryMs?: number;
  pingTimeoutMs?: number;
}

export type ListenHubState = 'idle' | 'connecting' | 'listening' | 'closed';

export interface ListenHub {
  readonly state: ListenHubState;
  /** Resolves when it listens, or when the first attempt has failed and it goes on in the background. Never rejects. */
  start(): Promise<void>;
  /** Ends it for good, in any state; resolves when its connection is gone. */
  close(): Promise<void>;
}

/**
 * Listens to the bells of one database, for ever: through restarts of the server, outages of any length and connections
 * that are dead but look open (each is pinged through NOTIFY, and replaced when the ping does not come back).
 *
 * Each connection is a session of its own, and the reconnecting is done here (docs/decisions/0011).
 */
export function createListenHub(options: ListenHubOptions): ListenHub {
  return new Hub(options);
}

class Hub implements ListenHub {
  readonly #options: ListenHubOptions;
  readonly #closing = new AbortController();
  readonly #firstAttempt = Promise.withResolvers<void>();
  #state: ListenHubState = 'idle';
  #session: ListenSession | undefined;
  #running: Promise<void> | undefined;

  constructor(options: ListenHubOptions) {
    this.#options = options;
  }

  get state(): ListenHubState {
    return this.#state;
  }

  start(): Promise<void> {
    if (this.#state === 'idle') this.#running = this.#run();
    return this.#firstAttempt.promise;
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#closing.abort();
    this.#firstAttempt.resolve();
    await this.#session?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    this.#state = 'connecting';
    let told = false;
    for (let failures = 0; !this.#closing.signal.aborted; failures++) {
      const error = await this.#listenOnce(() => {
        failures = 0;
        told = false;
      });
      if (this.#closing.signal.aborted) return;
      this.#state = 'connecting';
      if (!told) this.#options.onLost?.(error);
      told = true;
      this.#firstAttempt.resolve();
      await sleep(backoffMs(failures + 1, BACKOFF), this.#closing.signal);
    }
  }

  /** One connection, from its making to its end. Answers why it ended. */
  async #listenOnce(onListening: () => void): Promise<ReplicaError> {
    const {
      pingEveryMs = PING_EVERY_MS,
      pingTimeoutMs = PING_TIMEOUT_MS,
      applicationName = 'orchestra listen',
      connectionString,
      onBell,
      onTasks,
    } = this.#options;
    let session: ListenSession | undefined;
    try {
      session = this.#session = new ListenSession({
        connectionString,
        applicationName,
        channels: onTasks === undefined ? [BELL_CHANNEL] : [BELL_CHANNEL, TASKS_CHANNEL],
        connectTimeoutMs: CONNECT_TIMEOUT_MS,
        pingTimeoutMs,
        onPayload: (payload, channel) => {
          if (this.#closing.signal.aborted) return;
          if (channel === TASKS_CHANNEL) onTasks?.();
          else onBell(...topicOf(payload));
        },
      });
      await session.open();
      await session.ping();
      onListening();
      this.#listening();
      for (;;) {
        await delay(pingEveryMs, undefined, { signal: session.gone });
        await session.ping();
      }
    } catch (error) {
      if (error instanceof ReplicaError) return error;
      // The wait between two pings, or a statement, was broken off because the connection had gone.
      if (session?.gone.aborted) return session.gone.reason;
      return new ReplicaError(
        'connection_lost',
        `could not listen: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    } finally {
      session?.drop();
      this.#session = undefined;
    }
  }

  #listening(): void {
    if (this.#closing.signal.aborted) return;
    this.#state = 'listening';
    this.#options.onConnect?.();
    this.#firstAttempt.resolve();
  }
}

const NAMES_A_PAUSE = 'pause {';

function topicOf(payload: string): [topic: string, names: string] {
  return payload.startsWith(NAMES_A_PAUSE) ? ['pause', payload.slice('pause '.length)] : [payload, ''];
}
