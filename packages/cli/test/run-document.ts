import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { until } from '@orchestra/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { ROOT, runnableBlocks, type Block } from './document.ts';
import { descendants, living } from './living-processes.ts';
import { temporaryFolder, up } from './orchestra.ts';

const REPEATS_MS = 45_000;

/** What `npx pnpm SCRIPT …` and an installed `orchestra` do, without asking a registry. */
const COMMANDS = {
  npx: `#!/bin/sh
[ "$1" = pnpm ] || { echo "npx $1: not in a tested document" >&2; exit 127; }
script=$(node -p 'require(process.argv[1]).scripts[process.argv[2]] ?? process.exit(1)' ${ROOT}/package.json "$2") || { echo "no script $2" >&2; exit 127; }
shift 2
INIT_CWD=$PWD; export INIT_CWD
cd ${ROOT} && eval "exec $script \\"\\$@\\""
`,
  orchestra: `#!/bin/sh
exec node ${ROOT}/packages/cli/bin/run.js "$@"
`,
  ...(spawnSync('curl', ['--version']).error === undefined
    ? {}
    : {
        curl: `#!/bin/sh
exec node ${ROOT}/packages/cli/test/curl-stand-in.ts "$@"
`,
      }),
};

interface Ended {
  code: number | null;
  output: string;
}

/** A folder in which somebody has called `orchestra up`, and a shell in it that keeps its variables between blocks. */
class Stage {
  readonly folder: string;
  readonly #addresses: ReadonlyMap<string, string>;
  readonly #background: number[] = [];
  #env: Record<string, string>;

  constructor(folder: string, addresses: ReadonlyMap<string, string>) {
    this.folder = folder;
    this.#addresses = addresses;
    this.#env = {
      PATH: [join(folder, 'bin'), dirname(process.execPath), join(ROOT, 'node_modules/.bin'), process.env['PATH']].join(
        ':',
      ),
      HOME: folder,
      NO_COLOR: '1',
      ORCHESTRA_HOME: join(folder, '.orchestra'),
    };
  }

  run({ language, code }: Block): Promise<Ended> {
    return language === 'sql' ? this.#sql(code) : this.#shell(code);
  }

  /** Leaves it running until {@link clear}. */
  leaveRunning({ code }: Block): void {
    const child = spawn('bash', ['-c', this.#here(code)], {
      cwd: this.folder,
      env: this.#env,
      stdio: 'ignore',
      detached: true,
    });
    if (child.pid !== undefined) this.#background.push(child.pid);
  }

  async clear(): Promise<void> {
    for (const pid of this.#background) {
      const all = [pid, ...(await descendants(pid)).map((child) => child.pid)];
      process.kill(-pid, 'SIGTERM');
      await until('nothing left in the background', async () => (await living(all)).length === 0);
    }
  }

  async #shell(code: string): Promise<Ended> {
    const kept = join(this.folder, 'variables');
    const child = spawn('bash', ['-c', `set -aeuo pipefail; trap 'env -0 >"${kept}"' EXIT\n${this.#here(code)}`], {
      cwd: this.folder,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const code_ = await ended;
    this.#env = Object.fromEntries(
      (await readFile(kept, 'utf8'))
        .split('\0')
        .filter(Boolean)
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    return { code: code_, output: out + err };
  }

  async #sql(code: string): Promise<Ended> {
    const client = new pg.Client({
      connectionString: (await readFile(join(this.folder, '.orchestra/database-url'), 'utf8')).trim(),
      options: '-c search_path=orchestra,public',
    });
    await client.connect();
    try {
      const { rows } = await client.query(code);
      return { code: 0, output: JSON.stringify(rows) };
    } finally {
      await client.end();
    }
  }

  /** The services of a test are not at the addresses of the book. */
  #here(code: string): string {
    return [...this.#addresses].reduce((changed, [said, real]) => changed.replaceAll(said, real), code);
  }
}

/** Puts {@link COMMANDS} into `bin` of a folder, and the repository's launcher into the folder. */
async function putCommands(folder: string): Promise<void> {
  await mkdir(join(folder, 'bin'));
  for (const [name, script] of Object.entries(COMMANDS)) {
    await writeFile(join(folder, 'bin', name), script);
    await chmod(join(folder, 'bin', name), 0o755);
  }
  await symlink(join(ROOT, 'orchestra'), join(folder, 'orchestra'));
}

/** A folder for one test, with an `orchestra` in its `bin` that runs this repository's. */
export async function commandFolder(): Promise<string> {
  const folder = await temporaryFolder();
  onTestFinished(folder.remove);
  await putCommands(folder.path);
  return folder.path;
}

/** Registers a test for each block that a document asks to be run, all in one freshly started system. */
export function testDocument(path: string): void {
  let stage: Stage;
  let end = async (): Promise<void> => {};

  beforeAll(async () => {
    const folder = await temporaryFolder();
    end = folder.remove;
    await putCommands(folder.path);
    const { going, ready } = await up(join(folder.path, '.orchestra'));
    stage = new Stage(
      folder.path,
      new Map([
        ['http://127.0.0.1:4400', ready.pause_api],
        ['http://127.0.0.1:4401', ready.worker_claimer],
      ]),
    );
    end = async () => {
      await stage.clear();
      going.child.kill('SIGTERM');
      await going.ended();
      await folder.remove();
    };
  });
  afterAll(() => end());

  test.each(runnableBlocks(path))('$title', async (block) => {
    if (block.how === 'in the background') {
      stage.leaveRunning(block);
      return;
    }
    const { prints } = block;
    let ended = await stage.run(block);
    if (block.how === 'until' && prints !== undefined) {
      ended = await until(
        `${block.title} prints ${prints}`,
        async () => {
          const again = await stage.run(block);
          return again.output.includes(prints) ? again : undefined;
        },
        REPEATS_MS,
      );
    }
    expect(ended).toEqual({ code: block.exits, output: expect.stringContaining(prints ?? '') });
  });
}
