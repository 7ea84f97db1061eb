// Which of the two runs: the bundle, or the sources that it was made of.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync } from 'node:fs';
import { mkdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { ROOT } from './document.ts';
import { temporaryFolder } from './orchestra.ts';

const SOURCE = 'packages/cli/src/run-cli.ts';
let folder: string;

function says(words: string): string {
  return `export async function runCli() { console.log('${words}'); }\n`;
}

beforeEach(async () => {
  const made = await temporaryFolder();
  onTestFinished(made.remove);
  folder = join(made.path, 'a folder');
  await mkdir(join(folder, 'packages/cli/src'), { recursive: true });
  await mkdir(join(folder, 'packages/cli/dist'));
  await writeFile(join(folder, 'packages/cli/package.json'), '{ "type": "module" }');
  cpSync(join(ROOT, 'packages/cli/bin'), join(folder, 'packages/cli/bin'), { recursive: true });
  await writeFile(join(folder, SOURCE), says('sources'));
  await writeFile(join(folder, 'packages/cli/dist/run-cli.mjs'), says('bundle'));
  const sha256 = createHash('sha256').update(says('sources')).digest('hex');
  await writeFile(join(folder, 'packages/cli/dist/sources.json'), JSON.stringify({ sources: [SOURCE], sha256 }));
});

function run(): string {
  const program = join(folder, 'packages/cli/bin/run.js');
  const { stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
  return stdout + stderr;
}

test('the bundle runs while the sources are those that it was made of, also when they were written again', async () => {
  expect(run()).toBe('bundle\n');
  expect((await stat(join(folder, 'packages/cli/dist/seen'))).size).toBeGreaterThan(0);
  expect(run()).toBe('bundle\n');
  await utimes(join(folder, SOURCE), 1_000, 1_000);
  expect(run()).toBe('bundle\n');
});

test('where a source has changed or is gone, the sources run', async () => {
  expect(run()).toBe('bundle\n');
  await writeFile(join(folder, SOURCE), says('changed'));
  expect(run()).toBe('changed\n');
  await writeFile(join(folder, SOURCE), says('sources'));
  expect(run()).toBe('bundle\n');
  await rm(join(folder, SOURCE));
  expect(run()).toContain('run-cli.ts');
});

test('where nothing is built, the sources run', async () => {
  await rm(join(folder, 'packages/cli/dist'), { recursive: true });
  expect(run()).toBe('sources\n');
});

test('a package has no sources, and its bundle runs', async () => {
  await rm(join(folder, 'packages/cli/src'), { recursive: true });
  await rm(join(folder, 'packages/cli/dist/sources.json'));
  expect(run()).toBe('bundle\n');
});
