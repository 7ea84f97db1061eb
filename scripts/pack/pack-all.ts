// `npx pnpm pack:all`: builds the public packages and writes their tarballs to dist-packages/. docs/packages.md says
// what is in them.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { writeDocuments } from '../../packages/api-documents/src/write-documents.ts';
import { BUNDLE_FOLDER, bundlePrograms } from './bundle.ts';
import { withoutDeadLinks } from './dead-links.ts';
import { licensesOf } from './inlined-licenses.ts';
import { packageContent } from './package-files.ts';
import { PUBLIC_PACKAGES, type PublicPackage } from './public-packages.ts';
import { sourcesStamp } from './sources-stamp.ts';
import { readWorkspace, type Workspace } from './workspace.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const OUT = join(ROOT, 'dist-packages');
const COMPILED = join(OUT, 'compiled');

const packed = z.array(
  z.object({
    name: z.string(),
    filename: z.string(),
    size: z.number(),
    unpackedSize: z.number(),
    entryCount: z.number(),
  }),
);

rmSync(OUT, { recursive: true, force: true });
const stamp = sourcesStamp(ROOT);
run(process.execPath, ['node_modules/vite/bin/vite.js', 'build', '--logLevel=error'], 'packages/dashboard');
run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.pack.json']);
const workspace = readWorkspace(ROOT);
const version = workspace.manifests.get('packages/cli')?.version ?? '';
const bundle = await bundlePrograms(ROOT, { kind: 'package', version });
const folders = PUBLIC_PACKAGES.map((one) => lay(workspace, one));
writeDocuments(join(OUT, 'packages/client/openapi'));
const answer = run('npm', ['pack', ...folders, '--pack-destination', OUT, '--json', '--loglevel=error']);
for (const { name, filename, size, unpackedSize, entryCount } of packed.parse(JSON.parse(answer))) {
  console.log(
    `${name.padEnd(24)} dist-packages/${filename}: ${kilobytes(size)} packed, ${kilobytes(unpackedSize)} ` +
      `unpacked, ${entryCount} files`,
  );
}
writeFileSync(join(OUT, 'sources.sha256'), stamp); // last: with it, what is there is whole

/** Writes the files of one package, and answers with their folder. */
function lay(from: Workspace, one: PublicPackage): string {
  const { manifest, files } = packageContent(from, COMPILED, one, one.isBundle ? bundle : undefined);
  const folder = join(OUT, one.folder);
  for (const [place, text] of files) write(join(folder, 'dist', place), text);
  if (one.isBundle) for (const [name, bytes] of bundle.files) write(join(folder, 'dist', BUNDLE_FOLDER, name), bytes);
  const licenses = (one.licenses ?? []).map((file) => readFileSync(join(ROOT, file), 'utf8'));
  if (one.isBundle) licenses.push(licensesOf(ROOT, bundle.libraryFiles));
  if (licenses.length > 0) write(join(folder, 'LICENSES-OF-INLINED-CODE.md'), licenses.join('\n'));
  for (const asset of one.assets ?? []) cpSync(join(ROOT, asset), join(folder, 'dist', asset), { recursive: true });
  for (const file of [join(one.folder, 'README.md'), 'LICENSE']) cpSync(join(ROOT, file), join(folder, basename(file)));
  const has = (place: string) => existsSync(join(folder, place));
  for (const page of globSync('{README.md,dist/docs/*.md}', { cwd: folder }))
    write(join(folder, page), withoutDeadLinks(readFileSync(join(folder, page), 'utf8'), page, has));
  write(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return folder;
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_000)} kB`;
}

function write(path: string, text: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function run(program: string, args: readonly string[], folder = '.'): string {
  const { NODE_ENV: _, ...env } = process.env; // a test's would make the page another one
  const { status, stdout, error } = spawnSync(program, args, {
    cwd: join(ROOT, folder),
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (error) throw error;
  if (status === 0) return stdout;
  process.stderr.write(stdout);
  throw new Error(`${[program, ...args].join(' ')} ended with exit code ${status}`);
}
