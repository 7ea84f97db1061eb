// The build of packages/cli: the bundle that `orchestra` and `orchestra up` run as long as the sources are those that
// it was made of. packages/cli/bin/bundle.js reads sources.json.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUNDLE_FOLDER, bundlePrograms } from './bundle.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const OUT = join(ROOT, BUNDLE_FOLDER);
// With it, the versions of the libraries.
const LOCKFILE = 'pnpm-lock.yaml';

const { files, sources } = await bundlePrograms(ROOT, { kind: 'repository' });
rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
for (const [name, bytes] of files) writeFileSync(join(OUT, name), bytes);
const madeOf = [...sources, LOCKFILE];
const hash = createHash('sha256');
for (const source of madeOf) hash.update(readFileSync(join(ROOT, source)));
writeFileSync(join(OUT, 'sources.json'), JSON.stringify({ sources: madeOf, sha256: hash.digest('hex') })); // last
