// Works in a worktree until it is killed.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { withWorktree } from '../src/index.ts';

const [, , repository = '', folder = ''] = process.argv;
await withWorktree({ repository, ref: 'main', folder }, async ({ path }) => {
  await writeFile(join(path, 'at-work'), '');
  await delay(120_000);
});
