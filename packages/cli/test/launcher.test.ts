import { spawnSync } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT } from './document.ts';
import { temporaryFolder } from './orchestra.ts';

async function emptyFolder(): Promise<string> {
  const { path, remove } = await temporaryFolder();
  onTestFinished(remove);
  return path;
}

/** Nobody answers there. */
const NOWHERE = {
  ORCHESTRA_URL: 'http://127.0.0.1:9',
  ORCHESTRA_TASKS_URL: 'http://127.0.0.1:9',
  ORCHESTRA_TOKEN: 'none',
};

function run(command: string, args: readonly string[], cwd: string, path: string): string {
  // Node.js keeps what it compiled below HOME.
  return spawnSync(command, args, {
    cwd,
    env: { PATH: path, HOME: process.env['HOME'] ?? '/', NO_COLOR: '1', ...NOWHERE },
    encoding: 'utf8',
  }).stderr;
}

test('the launcher runs the command line without npx, pnpm or a Node.js on the PATH, and hints name it as it was typed', async () => {
  expect(run('./orchestra', ['task', 'show', '1'], ROOT, '/usr/bin:/bin')).toContain(
    'is it running (`./orchestra up`)?',
  );
});

test('a link to it on the PATH is named as it was typed', async () => {
  const folder = await emptyFolder();
  await mkdir(join(folder, 'bin'));
  await symlink(join(ROOT, 'orchestra'), join(folder, 'bin', 'orchestra'));
  expect(run('sh', ['-c', 'orchestra task show 1'], folder, `${folder}/bin:/usr/bin:/bin`)).toContain(
    'is it running (`orchestra up`)?',
  );
});

test('where nothing is installed yet it says what to run', async () => {
  const folder = await emptyFolder();
  spawnSync('cp', [join(ROOT, 'orchestra'), folder]);
  expect(run('./orchestra', ['--help'], folder, '/usr/bin:/bin')).toBe(
    `orchestra: nothing is installed yet; run \`npx pnpm install\` in ${folder} first\n`,
  );
});
