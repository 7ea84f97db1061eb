// The runs of killed workers are given back after this long without a heartbeat.
const LEASE_SECONDS = 3;
const OF_THE_CALLER = /^(?:ORCHESTRA_\w+|DATABASE_URL(?:_FILE)?|LISTEN_DATABASE_URL(?:_FILE)?|\w+_(?:API|CLAIMER|CASCADE)_PORT(?:_FILE)?|HOST(?:_FILE)?|LOG_LEVEL(?:_FILE)?)$/;

/** The environment of everything that the demo starts: the caller's own fleet, if there is one, is not touched. */
export function demoEnvironment(home: string, databaseUrl: string | undefined, listenDatabaseUrl: string | undefined): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_THE_CALLER.test(name))),
    ORCHESTRA_HOME: home,
    ORCHESTRA_LEASE_SECONDS: String(LEASE_SECONDS),
    PAUSE_API_PORT: '0',
    WORKER_CLAIMER_PORT: '0',
    ALERT_CASCADE_PORT: '0',
    HOST: '127.0.0.1',
    NO_COLOR: '1',
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    ...(listenDatabaseUrl === undefined ? {} : { LISTEN_DATABASE_URL: listenDatabaseUrl }),
  };
}
