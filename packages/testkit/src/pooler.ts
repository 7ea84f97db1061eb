import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { until } from './until.ts';

export interface Pooler {
  /** The database's address, by way of the pooler. */
  url: string;
  stop(): Promise<void>;
}

// Debian's; on a machine without it the tests of poolers fail, and .ci/run installs it.
const PGBOUNCER = '/usr/sbin/pgbouncer';
const NOBODY = 65_534;

/**
 * A PgBouncer of this test's own in transaction mode, with its default settings otherwise, in front of one database.
 */
export async function startPooler(
  databaseUrl: string,
  settings: Record<string, string | number> = {},
): Promise<Pooler> {
  const folder = await mkdtemp(join(tmpdir(), 'orchestra-pooler-'));
  await chmod(folder, 0o755);
  const target = new URL(databaseUrl);
  const port = await freePort();
  const database = target.pathname.slice(1);
  const options = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'any',
    pool_mode: 'transaction',
    default_pool_size: 4,
    ...settings,
  };
  const ini = join(folder, 'pgbouncer.ini');
  await writeFile(
    ini,
    [
      '[databases]',
      `${database} = host=${target.hostname} port=${target.port} dbname=${database} ` +
        `user=${target.username}${target.password === '' ? '' : ` password=${decodeURIComponent(target.password)}`}`,
      '[pgbouncer]',
      ...Object.entries(options).map(([name, value]) => `${name} = ${value}`),
      '',
    ].join('\n'),
  );
  // It refuses to run as root.
  const child = spawn(PGBOUNCER, [ini], {
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: '/',
    ...(process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = new Promise<void>((resolve) => {
    child
      .once('close', () => resolve())
      .once('error', (error) => {
        said += String(error);
        resolve();
      });
  });
  const through = new URL(databaseUrl);
  through.hostname = '127.0.0.1';
  through.port = String(port);
  await until(`pgbouncer answers: ${said}`, async () => {
    if (child.exitCode !== null) throw new Error(`pgbouncer has ended: ${said}`);
    const client = new pg.Client({ connectionString: through.href });
    client.on('error', () => {});
    try {
      await client.connect();
      return true;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => {});
    }
  });
  return {
    url: through.href,
    stop: async () => {
      child.kill('SIGINT');
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
