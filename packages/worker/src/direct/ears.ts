import type { Ears as ReplicaEars } from '@orchestra/pause-core/replica';
import { createListenHub, readNamedPause, type ListenHub } from '@orchestra/pause-core/replica/direct';
import type { Address } from './direct-errors.ts';
import type { DirectPool } from './direct-pool.ts';

/** What happens to the bell. */
export interface Heard extends ReplicaEars {
  /** Any run may have to stop. */
  onStopping: (taskIds: null) => void;
}

// A flood of bells makes no flood of heartbeats.
const STOPPING_GAP_MS = 250;

/** Listens to the bells of the database: for the copy of the pauses, for orders to stop, and for claims that wait. */
export class Ears {
  readonly #pool: DirectPool;
  readonly #address: Address;
  /** Whether that address is its own, not the one of the calls. */
  readonly #isOwn: boolean;
  #hub: ListenHub | undefined;
  #closed = false;
  #bell = Promise.withResolvers<void>();
  #stopping: NodeJS.Timeout | undefined;

  constructor(pool: DirectPool, address: Address, isOwn: boolean) {
    this.#pool = pool;
    this.#address = address;
    this.#isOwn = isOwn;
  }

  /** Resolves at the next bell after which there may be something to claim. */
  heard(): Promise<void> {
    return this.#bell.promise;
  }

  /**
   * Begins to listen; resolves when it listens, or has failed to for the first time and goes on trying.
   *
   * @throws Error where a pooler is in the way: then the pauses are read by the clock
   */
  async listen(ears: Heard, stopped: AbortSignal): Promise<() => Promise<void>> {
    const nothing = async (): Promise<void> => {};
    if (!this.#isOwn && (await this.#pool.isShared().catch(() => false))) {
      throw new Error(
        'a pooler shares out the sessions of the database, and nothing can be listened to through it: ' +
          'the pauses are read by the clock; give a direct address by listenDatabaseUrl',
      );
    }
    let schema = await this.#pool.schema();
    if (this.#closed || stopped.aborted) return nothing;
    const hub = (this.#hub = createListenHub({
      connectionString: this.#address.url,
      applicationName: 'orchestra direct worker bells',
      onBell: (topic, names) => {
        const named = names === '' ? undefined : readNamedPause(names, schema);
        if (named !== undefined) ears.onNamed?.(named);
        // Alerts may come in floods and change no pause by themselves.
        if (topic === 'alert') return;
        ears.onBell();
        if (named === undefined) this.#mayStop(ears);
        this.#ring();
      },
      onTasks: () => this.#ring(),
      onConnect: () => {
        void this.#pool.schema().then((known) => {
          schema = known;
        });
        ears.onBell();
        this.#mayStop(ears);
        this.#ring();
      },
      onLost: (error) => ears.onLost(error),
    }));
    await hub.start();
    return () => hub.close();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#stopping);
    this.#ring();
    await this.#hub?.close();
  }

  #ring(): void {
    this.#bell.resolve();
    this.#bell = Promise.withResolvers();
  }

  #mayStop({ onStopping }: Heard): void {
    this.#stopping ??= setTimeout(() => {
      this.#stopping = undefined;
      onStopping(null);
    }, STOPPING_GAP_MS).unref();
  }
}
