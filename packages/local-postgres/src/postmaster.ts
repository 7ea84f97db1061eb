import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { withTimeout } from '@orchestra/timing';
import { program, type Binaries } from './binaries.ts';
import { LocalPostgresError } from './errors.ts';
import { spawnOptions } from './run-program.ts';
import type { SystemUser } from './system-user.ts';

const LOG_LINES_KEPT = 40;
// Recovery after a crash comes before it is ready.
const READY_WAIT_MS = 180_000;
// A fast stop writes out what is in memory; an immediate one leaves that to the recovery at the next start.
const FAST_STOP_MS = 20_000;
const IMMEDIATE_STOP_MS = 5_000;

export interface PostmasterOptions {
  binaries: Binaries;
  user: SystemUser | undefined;
  dataDirectory: string;
  port: number;
  settings: Record<string, string | number>;
  signal?: AbortSignal | undefined;
  onLog?: ((line: string) => void) | undefined;
}

export interface Postmaster {
  /** Resolves when the server process is gone, asked or not. */
  ended: Promise<void>;
  /** Ends every session and the server. Takes 25 s at most. */
  stop(): Promise<void>;
}

/**
 * Starts a server and waits until it takes connections.
 *
 * @throws {LocalPostgresError} `port_taken`, `did_not_start` with the last lines it logged, `stopped_while_starting`
 */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    lc_messages: 'C',
    logging_collector: 'off',
    log_timezone: 'UTC',
    ...options.settings,
  };
  const child = spawn(
    program(options.binaries, 'postgres'),
    [
      '-D',
      options.dataDirectory,
      '-p',
      String(options.port),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    { ...spawnOptions(options.user), stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  // A process that leaves without stopping its server must not leave the server behind.
  const endWithUs = (): void => {
    child.kill('SIGINT');
  };
  process.once('exit', endWithUs);
  void ended.then(() => process.removeListener('exit', endWithUs));
  const stop = (): Promise<void> => stopServer(child, ended);
  try {
    await ready(child, ended, options);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ended, stop };
}

async function ready(
  child: ChildProcess,
  ended: Promise<void>,
  { port, signal, onLog, dataDirectory }: PostmasterOptions,
): Promise<void> {
  const log: string[] = [];
  const lastWords = (): string => `Its last words:\n${log.join('\n')}`;
  await new Promise<void>((resolve, reject) => {
    const fail = (error: LocalPostgresError): void => {
      settle();
      reject(error);
    };
    const onAbort = (): void =>
      fail(new LocalPostgresError('stopped_while_starting', 'PostgreSQL was stopped while it started'));
    const timer = setTimeout(() => {
      fail(
        new LocalPostgresError(
          'did_not_start',
          `PostgreSQL in ${dataDirectory} was not ready after ${READY_WAIT_MS / 1_000} s. ${lastWords()}`,
        ),
      );
    }, READY_WAIT_MS);
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
    child.once('error', (cause) =>
      fail(new LocalPostgresError('did_not_start', `PostgreSQL could not be started: ${cause.message}`, { cause })),
    );
    if (child.stderr) {
      createInterface({ input: child.stderr }).on('line', (line) => {
        onLog?.(line);
        log.push(line);
        log.splice(0, log.length - LOG_LINES_KEPT);
        // A standby says "read-only connections".
        if (/database system is ready to accept (?:read-only )?connections/.test(line)) {
          settle();
          resolve();
        }
      });
    }
    void ended.then(() =>
      fail(
        log.some((line) => line.includes('Address already in use'))
          ? new LocalPostgresError('port_taken', `port ${port} on 127.0.0.1 is taken`)
          : new LocalPostgresError('did_not_start', `PostgreSQL did not start in ${dataDirectory}. ${lastWords()}`),
      ),
    );
  });
}

async function stopServer(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return ended;
  child.kill('SIGINT');
  if (await within(ended, FAST_STOP_MS)) return;
  child.kill('SIGQUIT');
  if (await within(ended, IMMEDIATE_STOP_MS)) return;
  child.kill('SIGKILL');
  await ended;
}

function within(ended: Promise<void>, timeoutMs: number): Promise<boolean> {
  const didEnd = ended.then(() => true);
  return withTimeout(didEnd, timeoutMs, () => false);
}
