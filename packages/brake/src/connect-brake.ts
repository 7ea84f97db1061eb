import { clientSettingsFromEnv, createClient } from '@orchestra-brake/client';
import { createRestReplica } from '@orchestra-brake/worker/pause-watch';
import { ownEnvironment } from '@orchestra/pause-core/own-environment';
import { readLabels, type BrakeLabels } from './brake-labels.ts';

export interface BrakeOptions {
  /** pause-api. `ORCHESTRA_URL`, or where `orchestra up` wrote it, unless given. */
  url?: string | undefined;
  /** `ORCHESTRA_TOKEN`, or where `orchestra up` wrote it, unless given. The role `worker` is enough. */
  token?: string | undefined;
}

/** What one look at the pauses has found. */
export interface Look {
  paused: boolean;
  /** What the operator has written; null where nothing is paused. */
  reason: string | null;
  /** The id of the pause. */
  pause_id: string | null;
}

export interface Brake {
  /**
   * Whether a pause covers these labels, from memory: it costs nothing, and may be asked before every step.
   *
   * @throws TypeError for an unknown label, a blank one, or none
   */
  look(labels: BrakeLabels): Look;
  /** Ends the connection. What `look` knows stays as it is. */
  close(): Promise<void>;
}

/**
 * Connects to pause-api and keeps a copy of the active pauses in memory, by its event stream and by reading them again
 * every second.
 *
 * @throws Error when the pauses cannot be read at first: nothing that is braked should begin before they are known
 */
export async function connectBrake(options: BrakeOptions = {}): Promise<Brake> {
  const settings = clientSettingsFromEnv(ownEnvironment());
  const url = options.url ?? settings.url;
  const client = createClient({ url, tasksUrl: settings.tasksUrl, token: options.token ?? settings.token });
  const replica = createRestReplica(client);
  let cause: unknown;
  replica.on('read-failed', (error) => {
    cause = error;
  });
  await replica.start();
  if (!replica.known) {
    await replica.stop();
    throw new Error(
      `the active pauses could not be read at ${url}: ${cause instanceof Error ? cause.message : 'no answer came in time'}`,
      { cause },
    );
  }
  return {
    look: (labels) => {
      const { paused, reason, pause } = replica.isPaused(readLabels(labels));
      return { paused, reason, pause_id: pause?.id ?? null };
    },
    close: () => replica.stop(),
  };
}
