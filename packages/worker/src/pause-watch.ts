import type { Client } from '@orchestra-brake/client';
import { PauseReplica, type Ears, type ReplicaOptions } from '@orchestra/pause-core/replica';
import { sleep } from '@orchestra/timing';
import { pauseReader } from './pause-reading.ts';

// The token may have been revoked and be renewed; the pauses are read by the clock meanwhile.
const REFUSED_RETRY_MS = 30_000;

// With every bell lost, a pause is known here after its copy at the service has become so old, and this has passed
// besides: within the 5 s of P6 in all. Asking often lets the copy be older: any number of workers cost the database
// one statement in 3.5 seconds.
const REREAD_EVERY_MS = 1_000;
const RIGHT_WITHIN_MS = 4_500;
// Who rereads more often wants to know sooner, and has younger copies.
const REREADS_PER_COPY = 4;

export interface RestReplicaOptions extends Omit<ReplicaOptions, 'read' | 'listen'> {
  /** The service has answered. */
  onRead?: (() => void) | undefined;
  /**
   * Runs of these tasks may have to stop; null: any may, because the stream started again and orders before that were
   * not heard.
   */
  onStopping?: ((taskIds: readonly string[] | null) => void) | undefined;
}

/**
 * A replica that is fed over REST, for processes without a way to the database. The event stream is its bell and
 * nothing else.
 */
export function createRestReplica(
  client: Client,
  { rereadEveryMs = REREAD_EVERY_MS, onRead, onStopping = () => {}, ...timings }: RestReplicaOptions = {},
): PauseReplica {
  const reader = pauseReader(
    client,
    Math.min(rereadEveryMs * REREADS_PER_COPY, Math.max(0, RIGHT_WITHIN_MS - rereadEveryMs)),
  );
  return new PauseReplica({
    ...timings,
    rereadEveryMs,
    read: async (signal, why) => {
      const reading = await reader(signal, why);
      onRead?.();
      return reading;
    },
    listen: async (ears, stopped) => {
      const tried = Promise.withResolvers<void>();
      const following = followBells(client, { ...ears, onStopping }, stopped, tried.resolve);
      stopped.addEventListener('abort', () => tried.resolve());
      await tried.promise;
      return () => following;
    },
  });
}

/** Rings whenever pauses may have changed, until stopped. Resolves then; never rejects. */
async function followBells(
  client: Client,
  ears: Ears & { onStopping: (taskIds: readonly string[] | null) => void },
  stopped: AbortSignal,
  tried: () => void,
): Promise<void> {
  while (!stopped.aborted) {
    try {
      const events = client.events({
        signal: stopped,
        onState: (change) => {
          if (change.state === 'connected') {
            ears.onBell();
            tried();
          }
          if (change.state === 'disconnected') {
            ears.onLost(change.error);
            tried();
          }
        },
      });
      for await (const { event } of events) {
        if (event.type === 'snapshot') ears.onStopping(null);
        if (event.type === 'run.stopping') {
          ears.onStopping(event.data.task_ids);
          continue;
        }
        // Alerts may come in floods, and neither they nor a pause that has become quiet or will end soon change what is
        // paused.
        if (!event.type.startsWith('alert.') && event.type !== 'pause.quiet' && event.type !== 'pause.warning')
          ears.onBell();
      }
    } catch (error) {
      ears.onLost(error instanceof Error ? error : new Error(String(error)));
      tried();
      await sleep(REFUSED_RETRY_MS, stopped); // stopped: the loop's condition ends it
    }
  }
}
