import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const CLI = fileURLToPath(new URL('../../../packages/cli/bin/run.js', import.meta.url));
const STAGES = fileURLToPath(new URL('../stages.yaml', import.meta.url));
const READY_WAIT_MS = 60_000;
const STOP_WAIT_MS = 30_000;
const WORDS_KEPT = 20;
const OF_THE_CALLER = /^(?:ORCHESTRA_\w+|LISTEN_DATABASE_URL(?:_FILE)?|DATABASE_URL(?:_FILE)?|\w+_(?:API|CLAIMER|CASCADE)_PORT(?:_FILE)?|HOST(?:_FILE)?|LOG_LEVEL(?:_FILE)?)$/;

/** What `orchestra up --json` prints when everything is ready. */
const whereItIs = z.object({ pause_api: z.url(), worker_claimer: z.url(), token_file: z.string() });

export interface RunningOrchestra {
  where: z.infer<typeof whereItIs>;
  /** As Ctrl-C does. */
  stop(): Promise<void>;
}

/**
 * Starts `orchestra up` as a process, on a PostgreSQL of its own in `home`, with the stages file of this example and both runners on.
 *
 * @throws Error with the end of what it said, when it does not come up
 */
export async function startOrchestra(home: string, signal: AbortSignal): Promise<RunningOrchestra> {
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_THE_CALLER.test(name))),
    ORCHESTRA_HOME: home, PAUSE_API_PORT: '0', WORKER_CLAIMER_PORT: '0', ALERT_CASCADE_PORT: '0', HOST: '127.0.0.1', NO_COLOR: '1',
    ORCHESTRA_STAGES: STAGES, ORCHESTRA_TEST_RUNNER: 'on', ORCHESTRA_STAGING_RUNNER: 'on',
  };
  const child = spawn(process.execPath, [CLI, 'up', '--json'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const words: string[] = [];
  const keep = (line: string): void => { words.push(line); words.splice(0, words.length - WORDS_KEPT); };
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, by) => resolve(by ?? `exit code ${code}`));
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_WAIT_MS);
    await ended;
    clearTimeout(force);
  };
  createInterface({ input: child.stderr }).on('line', keep);
  const firstLine = new Promise<string>((resolve) => { createInterface({ input: child.stdout }).on('line', (line) => { keep(line); resolve(line); }); });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(READY_WAIT_MS)]);
  const tooLate = new Promise<never>((_resolve, reject) => { limit.addEventListener('abort', () => reject(limit.reason as Error), { once: true }); });
  try {
    const line = await Promise.race([firstLine, tooLate, ended.then((how) => { throw new Error(`orchestra up ended before it was ready (${how})`); })]);
    return { where: whereItIs.parse(JSON.parse(line)), stop };
  } catch (cause) {
    await stop();
    throw new Error(`orchestra up did not come up:\n${words.join('\n')}`, { cause });
  }
}
