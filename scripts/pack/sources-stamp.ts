import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = [
  '{packages,services}/*/{package.json,README.md}',
  '{packages,services}/*/{src,bin}/**/*.*',
  'packages/dashboard/{index.html,vite.config.ts}',
  'migrations/**/*.*',
  'examples/{claude-code/settings.json,pipeline/stages.yaml,python/brake.py}',
  'docs/*.md',
  '.env.example',
  'scripts/pack/*.ts',
  'LICENSE',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'tsconfig*.json',
];

/** Tells whether tarballs were made from the sources as they are now. */
export function sourcesStamp(root: string): string {
  const hash = createHash('sha256');
  for (const file of globSync(SOURCES, { cwd: root }).toSorted()) {
    if (file.endsWith('.test.ts')) continue;
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  }
  return hash.digest('hex');
}
