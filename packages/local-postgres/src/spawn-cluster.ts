import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { givenUp, type Cluster, type ClusterOptions } from './cluster.ts';
import { LocalPostgresError, type LocalPostgresErrorCode } from './errors.ts';
import { supervisorMessage, type SupervisorMessage, type SupervisorOptions } from './supervisor-messages.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
// Longer than the stop that the child grants its server.
const STOP_WAIT_MS = 35_000;

/** A cluster that a process of its own looks after. */
export interface SpawnedCluster extends Cluster {
  /** Of the process that owns the server. */
  pid: number;
}

/**
 * {@link startCluster} in a process and process group of its own. The server stops when this process ends, in whatever
 * way.
 *
 * @throws {LocalPostgresError} as startCluster does
 */
export async function spawnCluster({
  folder,
  settings,
  persistent,
  port,
  signal,
  onNotice,
  onLog,
}: ClusterOptions): Promise<SpawnedCluster> {
  const options: SupervisorOptions = { folder, settings, persistent, port };
  const child = fork(MAIN, [JSON.stringify(options)], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
  });
  for (const output of [child.stdout, child.stderr])
    if (output) createInterface({ input: output }).on('line', (line) => onLog?.(line));
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const stop = (): Promise<void> => stopChild(child, ended);
  const abort = (): void => {
    child.kill('SIGTERM');
  };
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  try {
    const url = await ready(child, ended, onNotice);
    if (child.pid === undefined)
      throw new LocalPostgresError('did_not_start', 'the process that owns PostgreSQL has no id');
    return { url, ended, stop, pid: child.pid };
  } catch (error) {
    await stop();
    throw signal?.aborted ? givenUp(error) : error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

function ready(child: ChildProcess, ended: Promise<void>, onNotice: ClusterOptions['onNotice']): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (message: string, code: LocalPostgresErrorCode = 'did_not_start'): void =>
      reject(new LocalPostgresError(code, message));
    child.on('message', (raw) => {
      const message: SupervisorMessage = supervisorMessage.parse(raw);
      if (message.type === 'notice') onNotice?.(message.line);
      else if (message.type === 'ready') resolve(message.url);
      else fail(message.message, message.code);
    });
    child.once('error', (error) => fail(`the process that owns PostgreSQL could not be started: ${error.message}`));
    void ended.then(() => fail('the process that owns PostgreSQL ended before it was ready'));
  });
}

async function stopChild(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return ended;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WAIT_MS);
  await ended;
  clearTimeout(timer);
}
