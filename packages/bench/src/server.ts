import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@orchestra/database';
import { spawnCluster } from '@orchestra/local-postgres';
import pg from 'pg';

/**
 * PostgreSQL's own defaults, but for the number of connections: fifty replicas and their listeners need more than a
 * hundred.
 */
const SETTINGS = { max_connections: 300 };

export interface BenchServer {
  version: string;
  /** Whether the server is this run's own, with PostgreSQL's default settings. */
  own: boolean;
  /** A migrated database. It is dropped at the end, or with {@link dropDatabase}. */
  makeDatabase(purpose: string, options?: { empty?: boolean }): Promise<string>;
  dropDatabase(url: string): Promise<void>;
  /** Told every line of the server's log until the answer is called. Only an own server tells. */
  onLog(heard: (line: string) => void): () => void;
  /** Drops what was made and ends the server, if it is this run's own. */
  stop(): Promise<void>;
}

const TEMPLATE = 'template';

/**
 * The server that everything is measured on: the one that DATABASE_URL names, else one from npm in a temporary folder.
 */
export async function startServer(givenUrl: string | undefined, notice: (line: string) => void): Promise<BenchServer> {
  const heard = new Set<(line: string) => void>();
  const started =
    givenUrl === undefined
      ? await startOwn((line) => {
          for (const tell of heard) tell(line);
        }, notice)
      : { url: givenUrl, stop: async () => {} };
  const prefix = `orchestra_bench_${process.pid}`;
  const made = new Set<string>();
  const drop = async (name: string): Promise<void> => {
    await onServer(started.url, `drop database if exists ${name} with (force)`);
    made.delete(name);
  };
  const create = async (purpose: string, template: string): Promise<string> => {
    const name = `${prefix}_${purpose.replaceAll(/[^a-z0-9]/g, '_')}`;
    made.add(name);
    await onServer(started.url, `create database ${name} template ${template}`);
    return withDatabase(started.url, name);
  };
  const stop = async (): Promise<void> => {
    // The databases of an own server go with it.
    try {
      if (givenUrl !== undefined) for (const name of made) await drop(name);
    } finally {
      await started.stop();
    }
  };
  try {
    await migrate(await create(TEMPLATE, 'template0'));
    return {
      version: await askVersion(started.url),
      own: givenUrl === undefined,
      makeDatabase: (purpose, { empty = false } = {}) => create(purpose, empty ? 'template0' : `${prefix}_${TEMPLATE}`),
      dropDatabase: (url) => drop(new URL(url).pathname.slice(1)),
      onLog: (tell) => {
        heard.add(tell);
        return () => {
          heard.delete(tell);
        };
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startOwn(
  onLog: (line: string) => void,
  onNotice: (line: string) => void,
): Promise<{ url: string; stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'orchestra-bench-'));
  // The server runs as another user where this runs as root; it has to be able to enter the folder.
  await chmod(folder, 0o755);
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const cluster = await spawnCluster({ folder, settings: SETTINGS, persistent: false, onLog, onNotice });
    return {
      url: cluster.url,
      stop: async () => {
        await cluster.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function askVersion(url: string): Promise<string> {
  return onServer(url, 'show server_version').then(({ rows }) => String(rows[0]?.['server_version']));
}

async function onServer(url: string, statement: string): Promise<pg.QueryResult<Record<string, unknown>>> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {}); // the statement under way reports it
  await client.connect();
  try {
    return await client.query(statement);
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}
