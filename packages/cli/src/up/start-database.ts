import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, LocalPostgresError, spawnCluster, type SpawnedCluster } from '@orchestra/local-postgres';
import { withoutPassword } from '@orchestra/database';
import { keepRunning, type Running } from './keep-running.ts';
import { LogFile } from './log-file.ts';
import { checkDatabase } from './own-database.ts';
import type { Stack } from './stack.ts';
import type { UpOptions } from './up-options.ts';

// As long as a server may take to stop.
const LAST_ONE_WAIT_MS = 35_000;
const LAST_ONE_POLL_MS = 200;

/**
 * The user's own PostgreSQL, looked at; or one that is brought along, started and kept running.
 *
 * @param giveUp told when it has died again and again and stays down
 * @returns its connection string
 * @throws CommandFailure, LocalPostgresError with the next step
 */
export async function startDatabase(
  { home, settings, say, signal }: UpOptions,
  started: Stack,
  giveUp: (name: string) => void,
): Promise<string> {
  if (settings.databaseUrl !== undefined) {
    const version = await checkDatabase(settings.databaseUrl);
    say(`using PostgreSQL ${version} at ${withoutPassword(settings.databaseUrl)}`);
    return settings.databaseUrl;
  }
  say('starting PostgreSQL (the first time takes a few seconds)');
  const log = new LogFile(join(home.logs, 'postgres.log'));
  started.add(() => log.close());
  const port = await freePort();
  const spawn = (stopping: AbortSignal): Promise<SpawnedCluster> =>
    spawnCluster({
      folder: home.database,
      port,
      signal: stopping,
      onNotice: say,
      onLog: (line) => log.write(line),
    });
  const cluster = await afterLastOne(() => spawn(signal), say, signal);
  const asRunning = (running: SpawnedCluster): Running => ({
    ended: running.ended.then(() => 'the server is gone'),
    stop: () => running.stop(),
  });
  // The services find it again by themselves: it comes back on the same port.
  const kept = keepRunning(asRunning(cluster), {
    name: 'PostgreSQL',
    say,
    restart: async (stopping) => asRunning(await spawn(stopping)),
  });
  started.add(() => kept.stop());
  void kept.givenUp.then(() => giveUp('PostgreSQL'));
  return cluster.url;
}

/**
 * We hold the home, so whoever still holds the database in it belongs to an `up` that was killed, and is just ending.
 */
async function afterLastOne(
  spawn: () => Promise<SpawnedCluster>,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<SpawnedCluster> {
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
