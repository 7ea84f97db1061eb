import { SETTINGS as ALERT_CASCADE } from '@orchestra/alert-cascade/config';
import { SETTINGS as PAUSE_API } from '@orchestra/pause-api/config';
import { isInsideCommand } from '@orchestra/pause-core/secret-settings';
import { COMMON_SETTINGS, ConfigError, readSettings } from '@orchestra/service-shell';
import { SETTINGS as WORKER_CLAIMER } from '@orchestra/worker-claimer/config';
import { z } from 'zod';

/** What `orchestra up` and the services that it starts read from the environment. */
export const UP_SETTINGS = {
  ...PAUSE_API,
  ...WORKER_CLAIMER,
  ...ALERT_CASCADE,
  DATABASE_URL: COMMON_SETTINGS.DATABASE_URL.optional(),
  ORCHESTRA_HOME: z
    .string()
    .optional()
    .describe("the folder of `orchestra up`: its database, the admin's token, the addresses of the services"),
};

export interface UpSettings {
  /** undefined: bring a PostgreSQL along. */
  databaseUrl: string | undefined;
  listenDatabaseUrl: string | undefined;
  home: string | undefined;
  /** For the services: everything as it was given, but for the databases. */
  env: NodeJS.ProcessEnv;
}

/**
 * Checks every setting of every part before anything is started.
 *
 * @throws ConfigError with every problem at once
 */
export function readUpSettings(env: NodeJS.ProcessEnv): UpSettings {
  const values = readSettings(UP_SETTINGS, env);
  if (values.DATABASE_URL === undefined && values.LISTEN_DATABASE_URL !== undefined) {
    throw new ConfigError(
      'LISTEN_DATABASE_URL is set and DATABASE_URL is not: set both, or neither to use the PostgreSQL that comes along',
    );
  }
  if (isInsideCommand(env) && values.ORCHESTRA_HOME === undefined) {
    throw new ConfigError(
      'inside a command that a worker runs, `orchestra up` needs a folder of its own: set ORCHESTRA_HOME',
    );
  }
  const { DATABASE_URL_FILE: _, LISTEN_DATABASE_URL_FILE: __, ...rest } = env;
  return {
    databaseUrl: values.DATABASE_URL,
    listenDatabaseUrl: values.LISTEN_DATABASE_URL,
    home: values.ORCHESTRA_HOME,
    env: rest,
  };
}
