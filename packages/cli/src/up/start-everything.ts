import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makePool, migrate } from '@orchestra/database';
import { freePort, LocalPostgresError, spawnCluster, type SpawnedCluster } from '@orchestra/local-postgres';
import { directName } from '../desk/direct-desk.ts';
import { withoutPassword } from '../desk/database-url.ts';
import { explainDatabaseError } from '../desk/open-database.ts';
import { CommandFailure } from '../failure.ts';
import { ensureAdminToken } from './admin-token.ts';
import { writePrivately, type Home } from './home.ts';
import { keepRunning } from './keep-running.ts';
import { LogFile } from './log-file.ts';
import { shownLogLine } from './log-line.ts';
import { checkDatabase } from './own-database.ts';
import { startService, type RunningService } from './service-process.ts';
import { SERVICES, type ServiceEntry, type ServiceName } from './services.ts';
import type { UpSettings } from './settings.ts';
import { Stack } from './stack.ts';

// As long as a server may take to stop.
const LAST_ONE_WAIT_MS = 35_000;
const LAST_ONE_POLL_MS = 200;

export interface UpOptions {
  home: Home;
  settings: UpSettings;
  /** Shows every line of the services' logs. */
  verbose: boolean;
  /** Tells the person at the terminal. */
  say: (line: string) => void;
  /** Gives the start up and leaves nothing running. */
  signal: AbortSignal;
}

export interface Everything {
  urls: Record<ServiceName, string>;
  /** Without its password. */
  database: string;
  /** Whose name the admin token carries. */
  admin: string;
  /** Resolves with the name of a part that died again and again and stays down. */
  givenUp: Promise<string>;
  /** Stops the services, then the database that was brought along. */
  stop(): Promise<void>;
}

/**
 * Starts all of Orchestra on this machine: the database, the migrations, an admin token, the three services. When one
 * part fails, or the signal aborts, what was started is stopped again.
 *
 * @throws Error with one message saying what to do
 */
export async function startEverything(options: UpOptions): Promise<Everything> {
  const started = new Stack();
  try {
    return await start(options, started);
  } catch (error) {
    await started.stop();
    throw error;
  }
}

async function start(options: UpOptions, started: Stack): Promise<Everything> {
  const { home, settings, say, signal } = options;
  const givenUp = Promise.withResolvers<string>();
  const databaseUrl = await startDatabase(options, started, givenUp.resolve);
  signal.throwIfAborted();

  const admin = await prepareDatabase(databaseUrl, home, say);
  await writePrivately(home.databaseUrl, `${databaseUrl}\n`);
  signal.throwIfAborted();

  const env = { ...settings.env, DATABASE_URL: databaseUrl, LISTEN_DATABASE_URL: settings.listenDatabaseUrl ?? databaseUrl };
  say(`starting ${SERVICES.map((service) => service.name).join(', ')}`);
  const services = await startServices(options, env, started, givenUp.resolve);
  const urls = Object.fromEntries(services.map(({ name, url }) => [name, url])) as Record<ServiceName, string>; // one entry for each of SERVICES
  await writePrivately(home.services, `${JSON.stringify({ pause_api: urls['pause-api'], worker_claimer: urls['worker-claimer'], alert_cascade: urls['alert-cascade'] })}\n`);
  return { urls, database: withoutPassword(databaseUrl), admin, givenUp: givenUp.promise, stop: () => started.stop() };
}

async function startDatabase({ home, settings, say, signal }: UpOptions, started: Stack, giveUp: (name: string) => void): Promise<string> {
  if (settings.databaseUrl !== undefined) {
    const version = await checkDatabase(settings.databaseUrl);
    say(`using PostgreSQL ${version} at ${withoutPassword(settings.databaseUrl)}`);
    return settings.databaseUrl;
  }
  say('starting PostgreSQL (the first time takes a few seconds)');
  const log = new LogFile(join(home.logs, 'postgres.log'));
  started.add(() => log.close());
  const port = await freePort();
  const spawn = (stopping: AbortSignal): Promise<SpawnedCluster> => spawnCluster({
    folder: home.database, port, signal: stopping, onNotice: say, onLog: (line) => log.write(line),
  });
  const cluster = await afterLastOne(() => spawn(signal), say, signal);
  const asRunning = (running: SpawnedCluster) => ({ ended: running.ended.then(() => 'the server is gone'), stop: () => running.stop() });
  // The services find it again by themselves: it comes back on the same port.
  const kept = keepRunning(asRunning(cluster), { name: 'PostgreSQL', say, restart: async (stopping) => asRunning(await spawn(stopping)) });
  started.add(() => kept.stop());
  void kept.givenUp.then(() => giveUp('PostgreSQL'));
  return cluster.url;
}

/**
 * We hold the home, so whoever still holds the database in it belongs to an `up` that was killed, and is just ending.
 */
async function afterLastOne(spawn: () => Promise<SpawnedCluster>, say: (line: string) => void, signal: AbortSignal): Promise<SpawnedCluster> {
  const deadline = performance.now() + LAST_ONE_WAIT_MS;
  for (let told = false; ; told = true) {
    try {
      return await spawn();
    } catch (error) {
      const isHeld = error instanceof LocalPostgresError && error.code === 'folder_in_use';
      if (!isHeld || performance.now() > deadline) throw error;
      if (!told) say('waiting for the database of an earlier start, which is still ending');
      await delay(LAST_ONE_POLL_MS, undefined, { signal });
    }
  }
}

async function prepareDatabase(databaseUrl: string, home: Home, say: (line: string) => void): Promise<string> {
  const db = makePool({ connectionString: databaseUrl, applicationName: 'orchestra up', max: 1 });
  try {
    const { applied } = await migrate(databaseUrl);
    if (applied > 0) say(`migrated the database (${applied} ${applied === 1 ? 'step' : 'steps'})`);
    return await ensureAdminToken(db, home.adminToken, directName());
  } catch (error) {
    throw explainDatabaseError(error, databaseUrl);
  } finally {
    await db.end();
  }
}

interface StartedService {
  name: ServiceName;
  url: string;
}

/** All at once; when one fails, the others are given up. */
async function startServices(options: UpOptions, env: NodeJS.ProcessEnv, started: Stack, giveUp: (name: string) => void): Promise<StartedService[]> {
  const failing = new AbortController();
  const signal = AbortSignal.any([options.signal, failing.signal]);
  const results = await Promise.allSettled(SERVICES.map(async (service) => {
    try {
      return await startAndKeep(service, { ...options, signal }, env, giveUp);
    } catch (error) {
      failing.abort();
      throw error;
    }
  }));
  const running = results.filter((result) => result.status === 'fulfilled').map((result) => result.value);
  for (const { stop } of running) started.add(stop);
  const failures = results.filter((result) => result.status === 'rejected').map((result): unknown => result.reason);
  if (failures.length > 0) throw firstCause(failures);
  return running;
}

/** Of several failures those that are not only the consequence of another one's. */
function firstCause(failures: readonly unknown[]): unknown {
  const causes = failures.filter((failure) => !(failure instanceof CommandFailure && failure.code === 'stopped_while_starting'));
  if (causes.length < 2) return causes[0] ?? failures[0];
  return new CommandFailure('service_failed', causes.map((cause) => cause instanceof Error ? cause.message : String(cause)).join('\n'));
}

async function startAndKeep(service: ServiceEntry, { home, verbose, say, signal }: UpOptions, env: NodeJS.ProcessEnv, giveUp: (name: string) => void) {
  const log = new LogFile(join(home.logs, `${service.name}.log`));
  const onLine = (line: string): void => {
    log.write(line);
    const shown = shownLogLine(service.name, line, verbose);
    if (shown !== undefined) say(shown);
  };
  const first: RunningService = await startService({ service, env, onLine, signal }).catch((error: unknown) => { log.close(); throw error; });
  // After a restart it is where everybody knows it to be, also when any port was good at first.
  const sameAddress = { ...env, [service.portSetting]: new URL(first.url).port };
  const kept = keepRunning(first, { name: service.name, say, restart: (stopping) => startService({ service, env: sameAddress, onLine, signal: stopping }) });
  void kept.givenUp.then(() => giveUp(service.name));
  const stop = async (): Promise<void> => { await kept.stop(); log.close(); };
  return { name: service.name, url: reachableUrl(first.url), stop };
}

/** A service that listens on every address is called on this machine's own. */
function reachableUrl(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}
