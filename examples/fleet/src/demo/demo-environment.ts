import { environmentApart } from '@orchestra/example-acceptance';

// The runs of killed workers are given back after this long without a heartbeat.
const LEASE_SECONDS = 3;

/** The environment of everything that the demo starts. */
export function demoEnvironment(
  home: string,
  databaseUrl: string | undefined,
  listenDatabaseUrl: string | undefined,
): NodeJS.ProcessEnv {
  return environmentApart(home, {
    ORCHESTRA_LEASE_SECONDS: String(LEASE_SECONDS),
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    ...(listenDatabaseUrl === undefined ? {} : { LISTEN_DATABASE_URL: listenDatabaseUrl }),
  });
}
