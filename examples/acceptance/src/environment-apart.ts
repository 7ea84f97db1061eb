const OF_THE_CALLER =
  /^(?:ORCHESTRA_\w+|DATABASE_URL(?:_FILE)?|LISTEN_DATABASE_URL(?:_FILE)?|\w+_(?:API|CLAIMER|CASCADE)_PORT(?:_FILE)?|HOST(?:_FILE)?|LOG_LEVEL(?:_FILE)?)$/;

/**
 * The environment of everything that an acceptance run starts: the caller's own Orchestra, if there is one, is not
 * touched.
 */
export function environmentApart(home: string, settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_THE_CALLER.test(name))),
    ORCHESTRA_HOME: home,
    PAUSE_API_PORT: '0',
    WORKER_CLAIMER_PORT: '0',
    ALERT_CASCADE_PORT: '0',
    HOST: '127.0.0.1',
    NO_COLOR: '1',
    ...settings,
  };
}
