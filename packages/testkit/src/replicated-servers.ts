import { execFile } from 'node:child_process';
import { appendFile, chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startCluster } from '@orchestra/local-postgres';
import pg from 'pg';

/**
 * A primary and a streaming standby named `standby`. It follows asynchronously until the primary names it in
 * `synchronous_standby_names`.
 */
export interface ReplicatedServers {
  /** Both servers in one address, as a service is given them. */
  url: string;
  /** Each by itself. */
  primaryUrl: string;
  standbyUrl: string;
  /** A superuser's statement. */
  onPrimary(statement: string): Promise<Record<string, unknown>[]>;
  onStandby(statement: string): Promise<Record<string, unknown>[]>;
  /** As a machine that loses its power. */
  killPrimary(): Promise<void>;
  stop(): Promise<void>;
}

const SETTINGS = { max_connections: 100, fsync: 'off', wal_level: 'replica', max_wal_senders: 5 };

/** Starts them with copies of one folder. Takes about five seconds. */
export async function startReplicatedServers(): Promise<ReplicatedServers> {
  const folder = await mkdtemp(join(tmpdir(), 'orchestra-test-'));
  await chmod(folder, 0o755);
  const place = (name: string): string => join(folder, name);
  const first = await startCluster({ folder: place('primary'), settings: SETTINGS });
  await first.stop();
  // With owners and modes as they are, which Node.js's own copy does not keep.
  await promisify(execFile)('cp', ['-a', place('primary'), place('standby')]);
  const primary = await startCluster({ folder: place('primary'), settings: SETTINGS });
  const data = place('standby/data');
  await writeFile(join(data, 'standby.signal'), '');
  const password = (await readFile(place('primary/password'), 'utf8')).trim();
  await appendFile(
    join(data, 'postgresql.auto.conf'),
    `primary_conninfo = 'host=127.0.0.1 port=${new URL(primary.url).port} user=orchestra ` +
      `password=${password} application_name=standby'\n`,
  );
  const standby = await startCluster({ folder: place('standby'), settings: SETTINGS });
  return {
    url: `postgresql://orchestra:${password}@${new URL(primary.url).host},${new URL(standby.url).host}/orchestra`,
    primaryUrl: primary.url,
    standbyUrl: standby.url,
    onPrimary: (statement) => ask(primary.url, statement),
    onStandby: (statement) => ask(standby.url, statement),
    killPrimary: async () => {
      const [pid] = (await readFile(place('primary/data/postmaster.pid'), 'utf8')).split('\n');
      process.kill(Number(pid), 'SIGKILL');
      await primary.ended;
    },
    stop: async () => {
      await Promise.all([primary.stop(), standby.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function ask(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {}); // the statement under way reports it
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end().catch(() => {}); // the server may have gone
  }
}
