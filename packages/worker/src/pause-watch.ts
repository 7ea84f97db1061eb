import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@orchestra/client';
import { PauseReplica, type Ears, type ReplicaOptions } from '@orchestra/pause-core/replica';
import { fromActivePauseView } from '@orchestra/pause-core/wire';

// The token may have been revoked and be renewed; the pauses are read by the clock meanwhile.
const REFUSED_RETRY_MS = 30_000;

/** A replica that is fed over REST, for processes without a way to the database. The event stream is its bell and nothing else. */
export function createRestReplica(client: Client, timings: Omit<ReplicaOptions, 'read' | 'listen'> = {}): PauseReplica {
  return new PauseReplica({
    ...timings,
    read: async (signal) => (await client.allPauses({}, { signal, triesMax: 1 })).map(fromActivePauseView),
    listen: async (ears, stopped) => {
      const tried = Promise.withResolvers<void>();
      const following = followBells(client, ears, stopped, tried.resolve);
      stopped.addEventListener('abort', () => tried.resolve());
      await tried.promise;
      return () => following;
    },
  });
}

/** Rings whenever pauses may have changed, until stopped. Resolves then; never rejects. */
async function followBells(client: Client, ears: Ears, stopped: AbortSignal, tried: () => void): Promise<void> {
  while (!stopped.aborted) {
    try {
      const events = client.events({
        signal: stopped,
        onState: (change) => {
          if (change.state === 'connected') { ears.onBell(); tried(); }
          if (change.state === 'disconnected') { ears.onLost(change.error); tried(); }
        },
      });
      for await (const { event } of events) {
        // Alerts may come in floods, and neither they nor a pause that has become quiet change what is paused.
        if (event.type !== 'alert.created' && event.type !== 'pause.quiet') ears.onBell();
      }
    } catch (error) {
      ears.onLost(error instanceof Error ? error : new Error(String(error)));
      tried();
      await delay(REFUSED_RETRY_MS, undefined, { signal: stopped }).catch(() => {}); // stopped: the loop's condition ends it
    }
  }
}
