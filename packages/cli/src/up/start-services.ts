import { join } from 'node:path';
import { CommandFailure } from '../failure.ts';
import { keepRunning } from './keep-running.ts';
import { LogFile } from './log-file.ts';
import { shownLogLine } from './log-line.ts';
import { startService, type RunningService } from './service-process.ts';
import { SERVICES, type ServiceEntry, type ServiceName } from './services.ts';
import type { Stack } from './stack.ts';
import type { UpOptions } from './up-options.ts';

/** A service that is ready, and kept so. */
export interface StartedService {
  name: ServiceName;
  url: string;
}

/**
 * Starts the services all at once; when one fails, the others are given up.
 *
 * @param giveUp told the name of one that has died again and again and stays down
 * @throws CommandFailure `service_failed` with the words of each that failed
 */
export async function startServices(
  options: UpOptions,
  env: NodeJS.ProcessEnv,
  started: Stack,
  giveUp: (name: string) => void,
): Promise<StartedService[]> {
  const failing = new AbortController();
  const signal = AbortSignal.any([options.signal, failing.signal]);
  const results = await Promise.allSettled(
    SERVICES.map(async (service) => {
      try {
        return await startAndKeep(service, { ...options, signal }, env, giveUp);
      } catch (error) {
        failing.abort();
        throw error;
      }
    }),
  );
  const running = results.filter((result) => result.status === 'fulfilled').map((result) => result.value);
  for (const { stop } of running) started.add(stop);
  const failures = results.filter((result) => result.status === 'rejected').map((result): unknown => result.reason);
  if (failures.length > 0) throw firstCause(failures);
  return running;
}

/** Of several failures those that are not only the consequence of another one's. */
function firstCause(failures: readonly unknown[]): unknown {
  const causes = failures.filter(
    (failure) => !(failure instanceof CommandFailure && failure.code === 'stopped_while_starting'),
  );
  if (causes.length < 2) return causes[0] ?? failures[0];
  return new CommandFailure(
    'service_failed',
    causes.map((cause) => (cause instanceof Error ? cause.message : String(cause))).join('\n'),
  );
}

async function startAndKeep(
  service: ServiceEntry,
  { home, verbose, say, signal }: UpOptions,
  env: NodeJS.ProcessEnv,
  giveUp: (name: string) => void,
) {
  const log = new LogFile(join(home.logs, `${service.name}.log`));
  const onLine = (line: string): void => {
    log.write(line);
    const shown = shownLogLine(service.name, line, verbose);
    if (shown !== undefined) say(shown);
  };
  const first: RunningService = await startService({ service, env, onLine, signal }).catch((error: unknown) => {
    log.close();
    throw error;
  });
  // After a restart it is where everybody knows it to be, also when any port was good at first.
  const sameAddress = { ...env, [service.portSetting]: new URL(first.url).port };
  const kept = keepRunning(first, {
    name: service.name,
    say,
    restart: (stopping) => startService({ service, env: sameAddress, onLine, signal: stopping }),
  });
  void kept.givenUp.then(() => giveUp(service.name));
  const stop = async (): Promise<void> => {
    await kept.stop();
    log.close();
  };
  return { name: service.name, url: reachableUrl(first.url), stop };
}

/** A service that listens on every address is called on this machine's own. */
function reachableUrl(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}
