import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { gitWorktree } from './git-worktree.ts';
import { removeWorktree } from './with-worktree.ts';
import { ownerIsGone } from './worktree-owner.ts';

/**
 * Takes away what killed processes have left: the worktrees of a repository below `folder` whose owner has ended. Call
 * it at start. Those that are in use are left alone, no matter whose they are.
 *
 * @returns their paths
 * @throws GitFailure where the repository cannot be asked
 */
export async function pruneWorktrees({
  repository,
  folder,
}: {
  repository: string;
  folder: string;
}): Promise<string[]> {
  await gitWorktree(repository, ['prune']);
  const below = await realpath(folder).catch(() => undefined); // not there: nothing was left in it
  if (below === undefined) return [];
  const pruned: string[] = [];
  for (const { path, lockedWith } of await listWorktrees(repository)) {
    if (!path.startsWith(below + sep) || lockedWith === undefined || !ownerIsGone(lockedWith)) continue;
    await removeWorktree(repository, path);
    pruned.push(path);
  }
  return pruned;
}

/** With the reason of its lock, as git keeps it; undefined: not locked. */
async function listWorktrees(repository: string): Promise<{ path: string; lockedWith: string | undefined }[]> {
  const listed = await gitWorktree(repository, ['list', '--porcelain', '-z']);
  return listed
    .split('\0\0')
    .filter((block) => block !== '')
    .map((block) => {
      const lines = block.split('\0');
      const valueOf = (name: string) => lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
      return { path: valueOf('worktree') ?? '', lockedWith: valueOf('locked') };
    });
}
