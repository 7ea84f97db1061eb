import { COMMON_SETTINGS, ConfigError, portNumber, readSettings } from '@orchestra/service-shell';
import { z } from 'zod';

/** What `orchestra up` reads itself; the services read the rest, and these again. */
export const UP_SETTINGS = {
  ...COMMON_SETTINGS,
  DATABASE_URL: COMMON_SETTINGS.DATABASE_URL.optional(),
  ORCHESTRA_HOME: z.string().optional().describe('where `orchestra up` keeps its database, its logs and the admin token; .orchestra in the current folder unless set'),
  PAUSE_API_PORT: portNumber(4400),
  WORKER_CLAIMER_PORT: portNumber(4401),
  ALERT_CASCADE_PORT: portNumber(4402),
};

export interface UpSettings {
  /** undefined: bring a PostgreSQL along. */
  databaseUrl: string | undefined;
  listenDatabaseUrl: string | undefined;
  home: string | undefined;
  /** For the services: everything as it was given, `_FILE` variants resolved. */
  env: NodeJS.ProcessEnv;
}

/** @throws ConfigError with every problem at once */
export function readUpSettings(env: NodeJS.ProcessEnv): UpSettings {
  const values = readSettings(UP_SETTINGS, env);
  if (values.DATABASE_URL === undefined && values.LISTEN_DATABASE_URL !== undefined) {
    throw new ConfigError('LISTEN_DATABASE_URL is set and DATABASE_URL is not: set both, or neither to use the PostgreSQL that comes along');
  }
  const { DATABASE_URL_FILE: _, LISTEN_DATABASE_URL_FILE: __, ...rest } = env;
  return { databaseUrl: values.DATABASE_URL, listenDatabaseUrl: values.LISTEN_DATABASE_URL, home: values.ORCHESTRA_HOME, env: rest };
}
