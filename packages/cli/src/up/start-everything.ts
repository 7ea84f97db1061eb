import { makePool, migrate, withoutPassword } from '@orchestra/database';
import { directName } from '../desk/direct-desk.ts';
import { explainDatabaseError } from '../desk/open-database.ts';
import { ensureAdminToken } from './admin-token.ts';
import { writePrivately, type Home } from './home.ts';
import { SERVICES, type ServiceName } from './services.ts';
import { Stack } from './stack.ts';
import { startDatabase } from './start-database.ts';
import { startServices } from './start-services.ts';
import type { UpOptions } from './up-options.ts';

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

  const env = {
    ...settings.env,
    DATABASE_URL: databaseUrl,
    LISTEN_DATABASE_URL: settings.listenDatabaseUrl ?? databaseUrl,
    PAUSE_API_TOKEN_FILE_TOLD: home.adminToken,
  };
  say(`starting ${SERVICES.map((service) => service.name).join(', ')}`);
  const services = await startServices(options, env, started, givenUp.resolve);
  // One entry for each of SERVICES
  const urls = Object.fromEntries(services.map(({ name, url }) => [name, url])) as Record<ServiceName, string>;
  await writePrivately(
    home.services,
    `${JSON.stringify({ pause_api: urls['pause-api'], worker_claimer: urls['worker-claimer'], alert_cascade: urls['alert-cascade'] })}\n`,
  );
  return { urls, database: withoutPassword(databaseUrl), admin, givenUp: givenUp.promise, stop: () => started.stop() };
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
