// `npx pnpm pack:all`: builds the public packages and writes their tarballs to dist-packages/. docs/packages.md says what is in them.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { packageContent } from './package-files.ts';
import { PUBLIC_PACKAGES, type PublicPackage } from './public-packages.ts';
import { readWorkspace, type Workspace } from './workspace.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const OUT = join(ROOT, 'dist-packages');
const COMPILED = join(OUT, 'compiled');

const packed = z.tuple([z.object({ name: z.string(), filename: z.string(), size: z.number(), unpackedSize: z.number(), entryCount: z.number() })]);

rmSync(OUT, { recursive: true, force: true });
run('node', ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'error'], 'packages/dashboard');
run('node', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.pack.json']);
const workspace = readWorkspace(ROOT);
for (const one of PUBLIC_PACKAGES) console.log(pack(workspace, one));

function pack(from: Workspace, one: PublicPackage): string {
  const { manifest, files } = packageContent(from, COMPILED, one);
  const folder = join(OUT, one.folder);
  for (const [place, text] of files) write(join(folder, 'dist', place), text);
  for (const asset of one.assets ?? []) cpSync(join(ROOT, asset), join(folder, 'dist', asset), { recursive: true, filter: isShipped });
  if (one.licenses !== undefined) cpSync(join(ROOT, one.licenses), join(folder, 'LICENSES-OF-INLINED-CODE.md'));
  cpSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  cpSync(join(ROOT, one.folder, 'README.md'), join(folder, 'README.md'));
  write(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  const [{ name, filename, size, unpackedSize, entryCount }] = packed.parse(JSON.parse(run('npm', ['pack', folder, '--pack-destination', OUT, '--json', '--loglevel=error'])));
  return `${name}  dist-packages/${filename}  ${kilobytes(size)} packed, ${kilobytes(unpackedSize)} unpacked, ${entryCount} files`;
}

function isShipped(path: string): boolean {
  return !/\.(svg|png|json)$|\/(decisions|images|grafana)$/.test(path) || path.includes('/migrations/') || path.includes('/dashboard/');
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_000)} kB`;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function run(program: string, args: readonly string[], folder = '.'): string {
  const { status, stdout, error } = spawnSync(program === 'node' ? process.execPath : program, args, { cwd: join(ROOT, folder), encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (error) throw error;
  if (status === 0) return stdout;
  process.stderr.write(stdout);
  throw new Error(`${[program, ...args].join(' ')} ended with exit code ${status}`);
}
