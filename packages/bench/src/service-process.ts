import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface ServiceProcess {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

const START_MS = 60_000;
// Longer than a service grants itself.
const STOP_MS = 15_000;

const MAINS = {
  'worker-claimer': { main: '@orchestra/worker-claimer/main', port: 'WORKER_CLAIMER_PORT' },
  'pause-api': { main: '@orchestra/pause-api/main', port: 'PAUSE_API_PORT' },
  'alert-cascade': { main: '@orchestra/alert-cascade/main', port: 'ALERT_CASCADE_PORT' },
} as const;

export const SERVICES = [
  'pause-api',
  'worker-claimer',
  'alert-cascade',
] as const satisfies readonly (keyof typeof MAINS)[];

/**
 * A real service on a database, as the process that it is in production. It ends when this process does.
 *
 * @param program in place of its sources, for example from the bundle
 */
export async function startService(
  name: keyof typeof MAINS,
  databaseUrl: string,
  program = fileURLToPath(import.meta.resolve(MAINS[name].main)),
): Promise<ServiceProcess> {
  const { port } = MAINS[name];
  const child = fork(program, {
    env: { PATH: process.env['PATH'], DATABASE_URL: databaseUrl, [port]: '0', LOG_LEVEL: 'warn' },
    // Its warnings are read, its news is not. Nothing of this process's own flags.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  });
  const exited = once(child, 'exit');
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await exited;
    clearTimeout(timer);
  };
  try {
    const url = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${name} was not ready after ${START_MS / 1_000} s`)), START_MS);
      child.on('message', (message) => {
        clearTimeout(timer);
        resolve(readyUrl(message));
      });
      void exited.then(() => {
        clearTimeout(timer);
        reject(new Error(`${name} ended before it was ready`));
      });
    });
    if (child.pid === undefined) throw new Error(`${name} has no process id`);
    return { url, pid: child.pid, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function readyUrl(message: unknown): string {
  if (typeof message === 'object' && message !== null && 'url' in message && typeof message.url === 'string')
    return message.url;
  throw new Error(`a service said something else than where it listens: ${JSON.stringify(message)}`);
}
