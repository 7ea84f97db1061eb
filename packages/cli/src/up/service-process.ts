import { fork, type ChildProcess } from 'node:child_process';
import module from 'node:module';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Writable } from 'node:stream';
import { HIDDEN_FD } from '@orchestra/pause-core/own-environment';
import { splitSecrets } from '@orchestra/pause-core/secret-settings';
import { z } from 'zod';
import { CommandFailure } from '../failure.ts';
import type { Running } from './keep-running.ts';
import type { ServiceEntry } from './services.ts';

const readyMessage = z.object({ ready: z.literal(true), url: z.url() });

// A service waits up to a minute for its database.
const READY_WAIT_MS = 90_000;
// Longer than the ten seconds that a service allows itself.
const STOP_WAIT_MS = 15_000;
const LAST_WORDS = 20;
// The file descriptor behind those that every child has: the others would be seen by every program of this user in
// /proc/PID/environ.
const SECRETS_AT = 4;

export interface ServiceOrder {
  service: ServiceEntry;
  env: NodeJS.ProcessEnv;
  /** Told each line that the service writes. */
  onLine: (line: string) => void;
  /** Gives the start up and leaves nothing running. */
  signal: AbortSignal;
}

export interface RunningService extends Running {
  url: string;
  pid: number;
}

/**
 * Starts a service in a process and process group of its own (Ctrl-C in a terminal is for `up` alone, which stops them
 * in order) and waits until it is ready. It ends by itself when this process is gone.
 *
 * @throws CommandFailure `service_failed` with the service's own last words, `stopped_while_starting`
 */
export async function startService({ service, env, onLine, signal }: ServiceOrder): Promise<RunningService> {
  const main = fileURLToPath(service.entry);
  const { open, secret } = splitSecrets(env);
  const child = fork(main, [], {
    detached: true,
    env: { ...open, ...compileCache(), [HIDDEN_FD]: String(SECRETS_AT) },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
  });
  hand(child, secret);
  const words: string[] = [];
  let starting = true;
  listenTo(child, (line, isTalk) => {
    // What it says while it starts becomes the one message of the failure.
    if (!starting || !isTalk) {
      onLine(line);
      return;
    }
    words.push(line);
    words.splice(0, words.length - LAST_WORDS);
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, by) => resolve(by === null ? `exit code ${code}` : by));
  });
  const stop = (): Promise<void> => stopChild(child, ended);
  try {
    const url = await ready(child, ended, signal, service.name, words);
    for (const line of words) onLine(line);
    starting = false;
    return { url, pid: child.pid ?? 0, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Where this process keeps compiled sources, the services keep theirs. A worker's commands do not get this setting. */
function compileCache(): NodeJS.ProcessEnv {
  // Node.js appends a folder for its version to the one that it was told.
  const folder = module.getCompileCacheDir();
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}

function hand(child: ChildProcess, secret: Record<string, string>): void {
  const pipe = child.stdio[SECRETS_AT];
  if (!(pipe instanceof Writable)) return; // it could not be started, which `error` tells
  pipe.on('error', () => {}); // it has ended, which `close` tells
  pipe.end(JSON.stringify(secret));
}

function listenTo(child: ChildProcess, onLine: (line: string, isTalk: boolean) => void): void {
  if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => onLine(line, false));
  if (child.stderr) createInterface({ input: child.stderr }).on('line', (line) => onLine(line, true));
}

async function ready(
  child: ChildProcess,
  ended: Promise<string>,
  signal: AbortSignal,
  name: string,
  words: readonly string[],
): Promise<string> {
  const failed = (message: string): CommandFailure => new CommandFailure('service_failed', message);
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await new Promise<string>((resolve, reject) => {
      child.on('message', (raw) => {
        const message = readyMessage.safeParse(raw);
        if (message.success) resolve(message.data.url);
      });
      void ended.then((how) =>
        reject(
          failed(words.length > 0 ? words.join('\n') : `${name} ended before it was ready (${how}); its log says why`),
        ),
      );
      timer = setTimeout(
        () => reject(failed(`${name} was not ready after ${READY_WAIT_MS / 1_000} s; its log says what it waited for`)),
        READY_WAIT_MS,
      );
      onAbort = () => reject(new CommandFailure('stopped_while_starting', `${name} was stopped while it started`));
      signal.addEventListener('abort', onAbort);
      if (signal.aborted) onAbort();
    });
  } finally {
    clearTimeout(timer);
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}

async function stopChild(child: ChildProcess, ended: Promise<string>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_WAIT_MS);
  await ended;
  clearTimeout(force);
}
