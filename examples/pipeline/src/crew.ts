import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withWorktree } from '@orchestra/runner';
import { needsInput, TaskFailure, type Handler } from '@orchestra-brake/worker';
import { branchOf, change, type Change } from './change.ts';
import { git } from './git.ts';
import type { Place } from './place.ts';

/** The ordinary workers, by skill: in a real fleet these are agents. */
export function crew(place: Place): Record<'analysis' | 'development' | 'review' | 'deploy', Handler> {
  return {
    analysis: (task) => {
      const { name, story } = change.parse(task.payload);
      // Asked once; the next run of this stage is given the answer.
      if (story === 'unclear' && task.answer === null)
        return Promise.resolve(needsInput(`By how much is ${name} to multiply?`));
      return Promise.resolve({ plan: `multiply by ${task.answer ?? 2}` });
    },
    development: (task, { signal }) => develop(place, change.parse(task.payload), task.answer ?? '2', signal),
    review: (task, { signal }) => review(place, change.parse(task.payload), signal),
    deploy: (task) => deploy(place, change.parse(task.payload)),
  };
}

async function develop(place: Place, wanted: Change, factor: string, signal: AbortSignal): Promise<unknown> {
  const { repo, name, story } = wanted;
  const repository = join(place.repositories, repo);
  const branch = branchOf(wanted);
  const begun = (await git(repository, 'branch', '--list', branch)) !== '';
  if (!begun) await git(repository, 'branch', branch, 'main');
  // Sent back, it looks once more at what the suite has said.
  const code = story === 'wrong_at_first' && !begun ? `(n) => n + ${factor}` : `(n) => n * ${factor}`;
  return withWorktree({ repository, ref: branch, folder: place.worktrees, name, signal }, async ({ path }) => {
    await mkdir(join(path, 'src'), { recursive: true });
    await writeFile(join(path, 'src', `${name}.mjs`), `export const change = ${code};\n`);
    await writeFile(join(path, 'src', `${name}.test.mjs`), testOf(wanted, factor, place.go));
    await git(path, 'add', '--all');
    await git(path, 'commit', '--quiet', '--message', begun ? `Mend ${name}` : `Add ${name}`);
    await git(path, 'update-ref', `refs/heads/${branch}`, 'HEAD');
    return { commit: await git(path, 'rev-parse', 'HEAD') };
  });
}

/** The slow one waits for a file, so that something is in flight when the skill is paused. */
function testOf({ name, story }: Change, factor: string, go: string): string {
  const wait = `
test('takes its time', { timeout: 60_000 }, async () => {
  while (!existsSync(${JSON.stringify(go)})) await new Promise((resolve) => { setTimeout(resolve, 20); });
});
`;
  return `import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import test from 'node:test';
import { change } from './${name}.mjs';

test('multiplies', () => assert.equal(change(21), 21 * ${factor}));
${story === 'slow_suite' ? wait : 'void existsSync;\n'}`;
}

async function review(place: Place, wanted: Change, signal: AbortSignal): Promise<unknown> {
  const { name } = wanted;
  return withWorktree(
    { repository: join(place.repositories, wanted.repo), ref: branchOf(wanted), folder: place.worktrees, name, signal },
    async ({ path, commit }) => {
      const test = await readFile(join(path, 'src', `${name}.test.mjs`), 'utf8').catch(() => '');
      if (!test.includes('assert.')) throw new TaskFailure(`${name} comes without a test`);
      return { reviewed: commit };
    },
  );
}

/** Only ever forward: while a task is between analysis and done, nobody else is at work on its repo. */
async function deploy(place: Place, wanted: Change): Promise<unknown> {
  const repository = join(place.repositories, wanted.repo);
  await git(repository, 'merge', '--quiet', '--ff-only', branchOf(wanted));
  return { main: await git(repository, 'rev-parse', 'main') };
}
