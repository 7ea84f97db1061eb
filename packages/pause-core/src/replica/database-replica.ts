import type { Queryable } from '@orchestra/database';
import { listActivePauses } from '../queries/active-pauses.ts';
import { createListenHub, type ListenHubOptions } from './listen-hub.ts';
import { readNamedPause } from './named-pause.ts';
import { PauseReplica, type ReplicaOptions } from './replica.ts';

export interface DatabaseReplicaOptions
  extends
    Omit<ReplicaOptions, 'read' | 'listen'>,
    Pick<ListenHubOptions, 'applicationName' | 'pingEveryMs' | 'pingTimeoutMs'> {
  /**
   * Where the pauses are read. Its time limits should be short: a reading is given up after `readTimeoutMs`, the
   * statement is not.
   */
  pool: Queryable;
  /** A direct connection to the same database, not one through a pooler. */
  listenConnectionString: string;
  /** Told of every bell, of any topic, so that one listening connection serves the whole process. */
  onBell?: (topic: string) => void;
  /** Told whenever listening has begun (again); bells before may have been missed. */
  onConnect?: () => void;
}

/** A replica fed by the database. It does nothing before `start()`. */
export function createDatabaseReplica(options: DatabaseReplicaOptions): PauseReplica {
  const { pool, listenConnectionString, onBell, onConnect, applicationName, pingEveryMs, pingTimeoutMs, ...timings } =
    options;
  let schema: string | undefined;
  return new PauseReplica({
    ...timings,
    read: async () => {
      schema ??= await readSchema(pool);
      return listActivePauses(pool);
    },
    listen: async (ears, stopped) => {
      const hub = createListenHub({
        connectionString: listenConnectionString,
        ...(applicationName === undefined ? {} : { applicationName }),
        ...(pingEveryMs === undefined ? {} : { pingEveryMs }),
        ...(pingTimeoutMs === undefined ? {} : { pingTimeoutMs }),
        onBell: (topic, names) => {
          const named = names === '' ? undefined : readNamedPause(names, schema);
          if (named !== undefined) ears.onNamed?.(named);
          // Alerts may come in floods and change no pause by themselves. Anything else means: look again.
          if (topic !== 'alert') ears.onBell();
          onBell?.(topic);
        },
        onConnect: () => {
          ears.onBell();
          onConnect?.();
        },
        onLost: (error) => ears.onLost(error),
      });
      const close = (): Promise<void> => hub.close();
      stopped.addEventListener('abort', () => void close());
      await hub.start();
      return close;
    },
  });
}

/** Where the pauses are that this pool reads: installations in one database share a bell. */
async function readSchema(db: Queryable): Promise<string | undefined> {
  const {
    rows: [row],
  } = await db.query<{ schema: string | null }>('select current_schema() as schema');
  return row?.schema ?? undefined;
}
