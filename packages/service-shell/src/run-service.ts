import closeWithGrace from 'close-with-grace';
import { ownEnvironment } from '@orchestra/pause-core/own-environment';
import { ConfigError } from './config.ts';
import { ListenError } from './listen.ts';
import { makeLogger, withoutSecrets } from './log.ts';
import { MigrateError, migrateAtStart } from './migrate-at-start.ts';
import type { ServiceConfig } from './service-config.ts';

export interface RunningService {
  url: string;
  stop(): Promise<void>;
}

export interface ServiceProgram<C extends ServiceConfig> {
  name: string;
  /** @throws ConfigError */
  readConfig: (env: NodeJS.ProcessEnv) => C;
  startService: (config: C) => Promise<RunningService>;
}

const STOP_MS = 10_000;

/**
 * A service as a process: reads its configuration, migrates, starts, and stops in order on SIGINT or SIGTERM, or when
 * the parent that started it is gone. Exit code 0 after a clean stop, 1 after anything else; what went wrong at start
 * is one line on stderr. A parent with an IPC channel is sent `{ready: true, url}`.
 */
export async function runService<C extends ServiceConfig>({
  name,
  readConfig,
  startService,
}: ServiceProgram<C>): Promise<void> {
  let running: RunningService | undefined;
  let log = makeLogger({ service: name, level: 'info' });
  const underParent = process.send !== undefined;
  // Ctrl-C reaches every process of the terminal. Under a parent it is the parent who stops its services, in order.
  if (underParent) process.on('SIGINT', () => {});
  const grace = closeWithGrace(
    {
      delay: STOP_MS,
      logger: { error: (message: unknown) => log.error(message) },
      skip: ['beforeExit', ...(underParent ? ['SIGINT' as const] : [])],
    },
    async ({ err, signal }) => {
      if (err) log.fatal({ err }, 'stopping: an error that nobody handled');
      else log.info(signal === undefined ? 'stopping: the parent process has gone' : `stopping: ${signal}`);
      await running?.stop();
      log.info('stopped');
    },
  );
  if (underParent) process.once('disconnect', () => grace.close());
  try {
    // OpenTelemetry's exporter reads its own variables. A service starts no command that would inherit them.
    Object.assign(process.env, ownEnvironment());
    const config = readConfig(process.env);
    log = makeLogger({ service: name, level: config.logLevel });
    // Over the direct connection: the migrations' lock belongs to a session, and a pooler shares sessions out.
    await migrateAtStart(config.listenDatabaseUrl, log);
    running = await startService(config);
    log.info({ url: running.url }, `${name} listens on ${running.url}`);
    process.send?.({ ready: true, url: running.url });
  } catch (error) {
    process.stderr.write(`${name}: ${startFailure(error)}\n`);
    process.exit(1);
  }
}

/** Foreseen failures speak for themselves; others show where they come from. */
function startFailure(error: unknown): string {
  const foreseen = error instanceof ConfigError || error instanceof ListenError || error instanceof MigrateError;
  if (foreseen) return error.message;
  return withoutSecrets(error instanceof Error ? (error.stack ?? error.message) : String(error));
}
