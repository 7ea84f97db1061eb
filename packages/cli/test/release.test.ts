// How versions are made and how packages are published, as far as that can be known without publishing any.
import { execFile } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { PUBLIC_PACKAGES } from '../../../scripts/pack/public-packages.ts';
import { ROOT } from './document.ts';

const manifest = z.object({ name: z.string(), version: z.string() });
const step = z.looseObject({
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
});
const workflow = z.looseObject({
  permissions: z.record(z.string(), z.string()),
  jobs: z.object({
    test: z.looseObject({ permissions: z.undefined().optional(), steps: z.array(step) }),
    publish: z.looseObject({
      needs: z.literal('test'),
      permissions: z.record(z.string(), z.string()),
      steps: z.array(step),
    }),
  }),
});

const manifestIn = (root: string, folder: string) =>
  manifest.parse(JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')));
const inOrder = (steps: readonly z.infer<typeof step>[]): string =>
  steps.map(({ uses = '', run = '', with: given = {} }) => `${uses} ${run} ${JSON.stringify(given)}`).join('\n');

test('the public packages have one version, and are the fixed group of changesets', () => {
  const manifests = PUBLIC_PACKAGES.map(({ folder }) => manifestIn(ROOT, folder));
  expect(new Set(manifests.map(({ version }) => version)).size).toBe(1);
  const { fixed } = z
    .looseObject({ fixed: z.array(z.array(z.string())) })
    .parse(JSON.parse(readFileSync(join(ROOT, '.changeset/config.json'), 'utf8')));
  expect(fixed.map((group) => group.toSorted())).toEqual([manifests.map(({ name }) => name).toSorted()]);
});

test('a change of one public package gives all of them the next version', async () => {
  const copy = mkdtempSync(join(tmpdir(), 'orchestra-release-'));
  onTestFinished(() => rmSync(copy, { recursive: true }));
  for (const file of [
    ...globSync(['{packages,services,examples}/*/package.json', '.changeset/*.json'], { cwd: ROOT }),
    'package.json',
    'pnpm-workspace.yaml',
    'pnpm-lock.yaml',
  ]) {
    mkdirSync(join(copy, file, '..'), { recursive: true });
    cpSync(join(ROOT, file), join(copy, file));
  }
  writeFileSync(join(copy, '.changeset', 'a-change.md'), "---\n'@orchestra-brake/worker': major\n---\n\nA change.\n");
  await promisify(execFile)(process.execPath, [join(ROOT, 'node_modules/@changesets/cli/bin.js'), 'version'], {
    cwd: copy,
  });
  const [before = ''] = PUBLIC_PACKAGES.map(({ folder }) => manifestIn(ROOT, folder).version);
  const next = `${Number(before.split('.')[0]) + 1}.0.0`;
  for (const { folder } of PUBLIC_PACKAGES) expect(manifestIn(copy, folder)).toMatchObject({ version: next });
});

test('the workflow publishes the tarballs that were tested, with provenance, in a job that runs nothing else', () => {
  const text = readFileSync(join(ROOT, '.github/workflows/release.yml'), 'utf8');
  const {
    permissions,
    jobs: { test: tested, publish },
  } = workflow.parse(parse(text));
  expect(permissions).toEqual({ contents: 'read' });
  expect(publish.permissions).toEqual({ 'id-token': 'write' });
  // Packed once, then tested, then handed on.
  expect(inOrder(tested.steps)).toMatch(
    /pack:all.*\n.*packed\.test\.ts(?:.|\n)*sha256sum -- \*\.tgz(?:.|\n)*upload-artifact.*"name":"tarballs".*dist-packages\/\*\.tgz/,
  );
  expect(inOrder(tested.steps).match(/pack:all/g)).toHaveLength(1);
  expect(inOrder(publish.steps)).toMatch(
    /download-artifact.*"name":"tarballs".*"path":"dist-packages"(?:.|\n)*sha256sum --check(?:.|\n)*for tarball in dist-packages\/\*\.tgz(?:.|\n)*npm publish "\.\/\$tarball" --provenance --access public/,
  );
  expect(inOrder(publish.steps)).not.toMatch(/checkout|pnpm|npm (?:install|ci)|npx/);
  expect(text).not.toMatch(/secrets\.|NODE_AUTH_TOKEN/);
});
