// docs/your-own-project.md as somebody follows it: its files are copied from the page, its commands typed into a shell.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { until } from '@orchestra/testkit';
import { z } from 'zod';
import { ROOT, runnableBlocks, type Block } from '../../../packages/cli/test/document.ts';

export const PAGE = 'docs/your-own-project.md';
const FILE = /^<!-- file: (?<name>[\w.]+) -->\n```\w+\n(?<code>.*?)^```$/gms;

/** The files of the page, by name. */
export const FILES: ReadonlyMap<string, string> = new Map(
  [...readFileSync(join(ROOT, PAGE), 'utf8').matchAll(FILE)].map(({ groups = {} }) => [
    groups['name'] ?? '',
    groups['code'] ?? '',
  ]),
);
export const BLOCKS = runnableBlocks(PAGE);

const ready = z.object({ pause_api: z.url(), worker_claimer: z.url(), token_file: z.string() });
export type Ready = z.infer<typeof ready>;

/** A process that goes on, in a group of its own, and what it has said. */
export class Going {
  said = '';
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;

  constructor(command: string, cwd: string, env: NodeJS.ProcessEnv) {
    this.child = spawn('bash', ['-c', command], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (bytes) => {
        this.said += String(bytes);
      });
    this.ended = once(this.child, 'close');
  }

  /** To all of the group, as Ctrl-C does. */
  async stop(signal: 'SIGINT' | 'SIGTERM' = 'SIGTERM'): Promise<void> {
    if (this.child.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null)
      process.kill(-this.child.pid, signal);
    await this.ended;
  }
}

/** A folder below the installed packages, with the files of the page in it, in which `up` runs. */
export class Project {
  readonly folder: string;
  readonly #packages: string;
  readonly #going: Going[] = [];
  #ready: Ready | undefined;

  constructor(packages: string) {
    this.#packages = packages;
    this.folder = join(packages, 'your-own-project');
  }

  get ready(): Ready {
    if (this.#ready === undefined) throw new Error('it has to be started first');
    return this.#ready;
  }

  /** @param env for `up` alone: where its database is, and which ports */
  async start(env: Record<string, string>): Promise<void> {
    await mkdir(join(this.folder, 'bin'), { recursive: true });
    // The command of the packages, without npm's own start.
    await writeFile(
      join(this.folder, 'bin/npx'),
      `#!/bin/sh\nname=$1; shift\nexec "${this.#packages}/node_modules/.bin/$name" "$@"\n`,
    );
    await chmod(join(this.folder, 'bin/npx'), 0o755);
    const up = this.going('npx orchestra-brake up --json', env);
    await until('up is ready', () => up.said.includes('"token_file"') || up.child.exitCode !== null, 180_000);
    const line = up.said.split('\n').find((one) => one.startsWith('{'));
    if (line === undefined) throw new Error(`up did not become ready: ${up.said}`);
    this.#ready = ready.parse(JSON.parse(line));
    for (const [name, code] of FILES) await writeFile(join(this.folder, name), this.#here(code));
  }

  going(command: string, env: Record<string, string> = {}): Going {
    const going = new Going(command, this.folder, { ...this.#env(), ...env });
    this.#going.push(going);
    return going;
  }

  /** Leaves a block of the page running. */
  leaveRunning({ code }: Block): Going {
    return this.going(`set -euo pipefail\n${this.#here(code)}`);
  }

  async run(code: string): Promise<{ code: number | null; output: string }> {
    const child = spawn('bash', ['-c', `set -euo pipefail\n${this.#here(code)}`], {
      cwd: this.folder,
      env: this.#env(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err, [exitCode]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ]);
    return { code: exitCode, output: out + err };
  }

  /** The last that was started first. */
  async stop(): Promise<void> {
    for (const going of this.#going.toReversed()) await going.stop();
  }

  #env(): NodeJS.ProcessEnv {
    return {
      PATH: [join(this.folder, 'bin'), dirname(process.execPath), process.env['PATH']].join(':'),
      HOME: this.folder,
      NO_COLOR: '1',
    };
  }

  /** The services of a test are not at the addresses of the page. */
  #here(code: string): string {
    if (this.#ready === undefined) return code;
    return code
      .replaceAll('http://127.0.0.1:4400', this.#ready.pause_api)
      .replaceAll('http://127.0.0.1:4401', this.#ready.worker_claimer);
  }
}
