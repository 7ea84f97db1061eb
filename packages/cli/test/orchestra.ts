import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { until } from '@orchestra/testkit';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { descendants, living } from './living-processes.ts';
import { runWarm, type Ended } from './warm-commands.ts';

export type { Ended } from './warm-commands.ts';

/** The file of the command. */
export const RUN = fileURLToPath(new URL('../bin/run.js', import.meta.url));

export interface RunOptions {
  env?: Record<string, string>;
  cwd?: string;
  /** What it reads on standard input. */
  input?: string;
  /**
   * Keeps what a command says while it waits. A busy machine makes it say so anywhere, and most tests have nothing to
   * do with that.
   */
  keepNotices?: boolean;
}

const NOTICE = /^no answer from .* yet\..*\n/gm;

/** The environment of a machine that knows nothing of Orchestra. */
function plainEnv(env: Record<string, string> = {}): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', NO_COLOR: '1', ...env };
}

/** These replace or outlive the process that runs them. */
const IN_A_PROCESS_OF_ITS_OWN: ReadonlySet<string | undefined> = new Set(['up', 'worker']);

/** Runs one command line to its end. */
export async function orchestra(
  args: readonly string[],
  { env, cwd = process.cwd(), input = '', keepNotices = false }: RunOptions = {},
): Promise<Ended> {
  const ended = await runToItsEnd(args, { env: plainEnv(env), cwd, input });
  return keepNotices ? ended : { ...ended, stderr: ended.stderr.replaceAll(NOTICE, '') };
}

async function runToItsEnd(
  args: readonly string[],
  { env, cwd, input }: { env: Record<string, string>; cwd: string; input: string },
): Promise<Ended> {
  if (!IN_A_PROCESS_OF_ITS_OWN.has(args[0])) return runWarm({ args, env, cwd, input });
  const child = spawn(process.execPath, [RUN, ...args], { env, cwd, stdio: 'pipe' });
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

const readyLine = z.strictObject({
  pause_api: z.url(),
  worker_claimer: z.url(),
  alert_cascade: z.url(),
  database: z.string(),
  token_file: z.string(),
});

/** Where everything is, as `orchestra up --json` says it. */
export type Ready = z.infer<typeof readyLine>;

/** What each line of a command worker under `--json` has at least. */
const jsonLine = z.looseObject({ event: z.string(), task_id: z.string() });

/** A command that goes on, and what it has said so far. */
export class Going {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #ended: Promise<number | null>;

  constructor(args: readonly string[], { env, cwd }: RunOptions = {}) {
    // A group of its own: what a test sends to it must not reach the test.
    this.child = spawn(process.execPath, [RUN, ...args], {
      env: plainEnv(env),
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.child.stdout?.on('data', (bytes) => {
      this.stdout += String(bytes);
    });
    this.child.stderr?.on('data', (bytes) => {
      this.stderr += String(bytes);
    });
    this.#ended = new Promise((resolve) => {
      this.child.once('close', resolve);
    });
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('it could not be started');
    return this.child.pid;
  }

  async line(): Promise<string> {
    await until('a line on stdout', () => this.stdout.includes('\n') || this.child.exitCode !== null, 60_000);
    return this.stdout.split('\n', 1)[0] ?? '';
  }

  /**
   * What `--json` has printed so far, one object for each complete line. Lines about independent tasks come in any
   * order.
   */
  jsonLines(): { event: string; task_id: string }[] {
    // What follows the last line end may still be half a line.
    return this.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => jsonLine.parse(JSON.parse(line)));
  }

  /** Waits for its end and answers the exit code; null: by a signal. */
  ended(): Promise<number | null> {
    return this.#ended;
  }

  /** Ends it and everything that it started; for what a failed test leaves. */
  async clear(): Promise<void> {
    const started = (await descendants(this.pid)).map(({ pid }) => pid);
    this.child.kill('SIGKILL');
    await until('nothing left', async () => (await living([this.pid, ...started])).length === 0, 60_000);
  }
}

/** `orchestra up --json` on free ports, once it is ready. */
export async function up(home: string, env: Record<string, string> = {}): Promise<{ going: Going; ready: Ready }> {
  const going = new Going(['up', '--json'], { env: { ...ANY_PORTS, ORCHESTRA_HOME: home, ...env } });
  try {
    const line = await going.line();
    if (line === '') throw new Error(`up did not become ready: ${going.stderr}`);
    return { going, ready: readyLine.parse(JSON.parse(line)) };
  } catch (error) {
    await going.clear();
    throw error;
  }
}

export const ANY_PORTS = { PAUSE_API_PORT: '0', WORKER_CLAIMER_PORT: '0', ALERT_CASCADE_PORT: '0' };

/** A folder of one's own. Mode 0755, so that the system user `postgres` can enter it when the tests run as root. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'orchestra-test-'));
  await chmod(path, 0o755);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A home for `orchestra up`, there until the test is over. */
export async function temporaryHome(): Promise<string> {
  const folder = await temporaryFolder();
  onTestFinished(folder.remove);
  return join(folder.path, '.orchestra');
}
