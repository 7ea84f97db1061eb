import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';
import type { Binaries } from './binaries.ts';
import { dataFolder } from './data-folder.ts';
import { endOrphan } from './end-orphan.ts';
import { LocalPostgresError } from './errors.ts';
import { exists } from './exists.ts';
import { FolderLockedError, lockFolder, type FolderLock } from './folder-lock.ts';
import { freePort } from './free-port.ts';
import { initialise } from './initialise.ts';
import { startPostmaster, type Postmaster, type PostmasterOptions } from './postmaster.ts';
import { runnableBinaries } from './runnable-binaries.ts';
import { serverUser } from './system-user.ts';

export interface ClusterOptions {
  /** Where data and password are kept; made when it is not there. */
  folder: string;
  /** Settings for the server's command line, for example `{ max_connections: 200 }`. */
  settings?: Record<string, string | number> | undefined;
  /** Keeps the data when the server stops. */
  persistent?: boolean | undefined;
  /** Absent: a free one. */
  port?: number | undefined;
  /** Another PostgreSQL than the one from npm. */
  binaries?: Binaries | undefined;
  /** Gives the start up and leaves nothing running. */
  signal?: AbortSignal | undefined;
  /** Told what a person would want to know, for example where the data are. */
  onNotice?: ((line: string) => void) | undefined;
  /** Told each line of the server's log. */
  onLog?: ((line: string) => void) | undefined;
}

export interface Cluster {
  /** A superuser's connection string to the database `orchestra`. */
  url: string;
  /** Resolves when the server is gone, asked or not. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

const USER = 'orchestra';
const DATABASE = 'orchestra';
const FREE_PORT_TRIES = 3;

/**
 * Starts a real PostgreSQL in a folder: makes the cluster at the first start, finds its data again afterwards, whatever
 * ended the last one. Listens on 127.0.0.1 only. Works for root too: the system user `postgres` then runs it.
 *
 * @throws {LocalPostgresError} one line saying what to do; where the server itself failed, its last log lines after
 *   that
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const folder = resolve(options.folder);
  const { persistent = true, onNotice = () => {} } = options;
  await mkdir(folder, { recursive: true });
  const lock = await lockDatabase(folder);
  try {
    const user = await serverUser();
    const place = await dataFolder(folder, user, onNotice);
    const binaries = await runnableBinaries(user, onNotice, options.binaries);
    const dataDirectory = join(place, 'data');
    const password = await keptPassword(folder, dataDirectory);
    if (await exists(dataDirectory)) await endOrphan(dataDirectory, onNotice);
    else await initialise({ binaries, user, place, superuser: USER, password, signal: options.signal });
    const { server, port } = await start(
      { binaries, user, dataDirectory, settings: options.settings ?? {}, signal: options.signal, onLog: options.onLog },
      options.port,
    );
    const url = `postgresql://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`;
    const stop = async (): Promise<void> => {
      await server.stop();
      if (!persistent) await rm(place === folder ? dataDirectory : place, { recursive: true, force: true });
      await lock.release();
    };
    await makeDatabase(url).catch(async (error: unknown) => {
      await server.stop();
      throw error;
    });
    return { url, ended: server.ended, stop };
  } catch (error) {
    await lock.release();
    throw options.signal?.aborted ? givenUp(error) : error;
  }
}

/** Why a start failed that was given up is no news. */
export function givenUp(cause: unknown): LocalPostgresError {
  return new LocalPostgresError('stopped_while_starting', 'PostgreSQL was stopped while it started', { cause });
}

async function lockDatabase(folder: string): Promise<FolderLock> {
  try {
    return await lockFolder(folder, 'its database');
  } catch (cause) {
    if (!(cause instanceof FolderLockedError)) throw cause;
    throw new LocalPostgresError(
      'folder_in_use',
      `the database in ${folder} is already ` +
        `running${cause.pid === undefined ? '' : ` (under pid ${cause.pid})`}: stop that one first, or use ` +
        'another folder',
      { cause },
    );
  }
}

async function keptPassword(folder: string, dataDirectory: string): Promise<string> {
  const file = join(folder, 'password');
  if (await exists(file)) return (await readFile(file, 'utf8')).trim();
  if (await exists(dataDirectory))
    throw new LocalPostgresError(
      'password_lost',
      `there is a database in ${dataDirectory}, but its password file ${file} is gone: put it back, or ` +
        'move the database away to start with an empty one',
    );
  const password = randomBytes(24).toString('base64url');
  await writeFile(file, password, { mode: 0o600 });
  return password;
}

async function start(
  options: Omit<PostmasterOptions, 'port'>,
  wanted: number | undefined,
): Promise<{ server: Postmaster; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = wanted ?? (await freePort());
    try {
      return { server: await startPostmaster({ ...options, port }), port };
    } catch (error) {
      // Somebody took the free port between finding and using it.
      const again =
        wanted === undefined &&
        attempt < FREE_PORT_TRIES &&
        error instanceof LocalPostgresError &&
        error.code === 'port_taken';
      if (!again) throw error;
    }
  }
}

async function makeDatabase(url: string): Promise<void> {
  const maintenance = new URL(url);
  maintenance.pathname = '/postgres';
  const admin = new pg.Client({
    connectionString: maintenance.href,
    ssl: false,
    connectionTimeoutMillis: 10_000,
    query_timeout: 60_000,
  });
  admin.on('error', () => {}); // the statement under way reports it
  await admin.connect();
  try {
    const { rowCount } = await admin.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await admin.query(`create database ${DATABASE}`);
  } finally {
    await admin.end();
  }
}
