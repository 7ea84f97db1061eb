import { cp } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FleetError } from '../errors.ts';
import { runGit } from '../git/run-git.ts';
import { planSweep } from '../plan.ts';

const WHOLE = fileURLToPath(new URL('../../../..', import.meta.url));
const THIS_PACKAGE = fileURLToPath(new URL('../..', import.meta.url));

/**
 * What the demo's fleet works on: the repository that it lies in, or where git cannot work with that (an unpacked
 * archive, another owner's folder), a new one in `scratch` with a copy of this package in it.
 */
export async function workRepository(scratch: string, say: (line: string) => void): Promise<string> {
  try {
    if ((await planSweep(WHOLE)).length > 0) return WHOLE;
    say(`nothing is tracked by git in ${WHOLE}: the fleet works on a copy of the example`);
  } catch (error) {
    if (!(error instanceof FleetError) || error.code === 'git_missing') throw error;
    say(`git cannot work with ${WHOLE} (${error.message.split('\n')[0]}): the fleet works on a copy of the example`);
  }
  const copy = join(scratch, 'repository');
  await cp(THIS_PACKAGE, copy, {
    recursive: true,
    filter: (path) => !['node_modules', '.turbo'].includes(basename(path)),
  });
  await runGit(copy, ['init', '--quiet']);
  await runGit(copy, ['add', '--all']);
  await runGit(copy, [
    '-c',
    'user.name=demo',
    '-c',
    'user.email=demo@example.com',
    '-c',
    'commit.gpgsign=false',
    'commit',
    '--quiet',
    '--no-verify',
    '--message',
    'A copy to work on',
  ]);
  return copy;
}
