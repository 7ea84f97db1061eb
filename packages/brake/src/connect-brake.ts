import { hostname } from 'node:os';
import { ApiError, clientSettingsFromEnv, createClient } from '@orchestra-brake/client';
import { createRestReplica } from '@orchestra-brake/worker/pause-watch';
import { label } from '@orchestra/pause-core/contract';
import { ownEnvironment } from '@orchestra/pause-core/own-environment';
import { makeBrake, type Brake } from './brake.ts';
import { GateReporter } from './gate-reporter.ts';

export interface BrakeOptions {
  /** pause-api. `ORCHESTRA_URL`, or where `orchestra up` wrote it, unless given. */
  url?: string | undefined;
  /** `ORCHESTRA_TOKEN`, or where `orchestra up` wrote it, unless given. The role `agent` is enough. */
  token?: string | undefined;
  /** How operators see this process; host and process id unless given. */
  name?: string | undefined;
  /** What kind of gate it is, for the same list. */
  kind?: string | undefined;
  /**
   * What a gate does while nobody can tell what is paused: nothing was ever read, the last reading is ten seconds old,
   * or the token is refused. `stop` unless given. With `continue` it goes by what was known last.
   */
  onUnknown?: 'stop' | 'continue' | undefined;
  /** How old what it knows may be before it counts as not known; 10,000 ms unless given, and 2,000 at least. */
  unknownAfterMs?: number | undefined;
  /**
   * True: each gate asks the database, so that nothing begins once a pause has committed. It costs a call each time.
   */
  strict?: boolean | undefined;
  /**
   * True: resolve also where the pauses could not be read yet. With `onUnknown: 'stop'` every gate stops until they
   * are.
   */
  beginUnknown?: boolean | undefined;
  /** False: operators see neither this gate nor what it refuses. */
  report?: boolean | undefined;
}

// Several readings may fail before what is known is not believed any more.
const UNKNOWN_AFTER_MS = 10_000;
const UNKNOWN_AFTER_MIN_MS = 2_000;
const REPORT = { timeLimitMs: 2_000, triesMax: 1 };
const SILENT = { refused: () => {}, changed: () => {}, close: async () => {} };

/**
 * Connects to pause-api and keeps a copy of the active pauses in memory, by its event stream and by reading them again
 * every second.
 *
 * @throws Error when the pauses cannot be read at first: nothing that is braked should begin before they are known.
 *   With
 * `onUnknown: 'continue'` only when the token is refused; TypeError for a name that is none
 */
export async function connectBrake(options: BrakeOptions = {}): Promise<Brake> {
  const settings = clientSettingsFromEnv(ownEnvironment());
  const url = options.url ?? settings.url;
  const {
    onUnknown = 'stop',
    strict = false,
    report = true,
    beginUnknown = onUnknown === 'continue',
    unknownAfterMs = UNKNOWN_AFTER_MS,
  } = options;
  if (!(unknownAfterMs >= UNKNOWN_AFTER_MIN_MS))
    throw new TypeError(`unknownAfterMs must be at least ${UNKNOWN_AFTER_MIN_MS}: the pauses are read once a second`);
  const about = {
    id: crypto.randomUUID(),
    name: named('name', options.name ?? `${hostname()}:${process.pid}`),
    kind: named('kind', options.kind ?? 'brake'),
    host: hostname(),
    stops_when_unknown: onUnknown === 'stop',
  };
  const client = createClient({ url, tasksUrl: settings.tasksUrl, token: options.token ?? settings.token });
  let cause: unknown;
  const replica = createRestReplica(client, {
    trustMs: unknownAfterMs,
    onRead: () => {
      cause = undefined;
    },
  });
  replica.on('read-failed', (error) => {
    cause = error;
  });
  const refusal = (): string | undefined => (isRefused(cause) ? cause.message : undefined);
  const reporter = report
    ? new GateReporter({
        about,
        known: () => (replica.known ? replica.pauses().map(({ id }) => id) : undefined),
        send: (told) => client.reportGate(told, REPORT),
      })
    : SILENT;
  const brake = makeBrake({ client, replica, reporter, onUnknown, strict, refusal });
  await replica.start();
  if (!replica.known && (!beginUnknown || isRefused(cause))) {
    const why = cause instanceof Error ? cause.message : 'no answer came in time';
    await replica.stop();
    throw new Error(`the active pauses could not be read at ${url}: ${why}`, { cause });
  }
  reporter.changed();
  return brake;
}

/** Nobody repairs this by waiting. */
function isRefused(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.code === 'unauthenticated' || error.code === 'forbidden');
}

function named(what: string, text: string): string {
  const read = label.safeParse(text);
  if (!read.success) throw new TypeError(`the ${what} of a gate ${read.error.issues[0]?.message ?? 'is none'}`);
  return read.data;
}
