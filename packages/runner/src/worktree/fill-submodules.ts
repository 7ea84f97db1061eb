import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { readSettings } from './clone-settings.ts';
import { git, GitFailure, type GitOptions } from './git.ts';
import { WorktreeError } from './worktree-error.ts';

// Far beyond any project; a submodule that holds itself would never end.
const DEPTH_MAX = 20;

/**
 * Fills in the submodules of a worktree, and theirs, each at the commit that is recorded for it: git leaves their
 * folders empty in a new worktree. Left empty are those that the project itself wants so (`update = none`), and those
 * without an address in `.gitmodules`, which nobody could fill in: that is the project's own fault, for its tests to
 * find.
 *
 * @returns the paths of all working trees, the worktree first
 * @throws WorktreeError `submodules_missing`
 */
export async function fillSubmodules(worktree: string, options: GitOptions = {}): Promise<string[]> {
  const trees = [worktree];
  let level = [worktree];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === DEPTH_MAX)
      throw new WorktreeError('submodules_missing', `submodules lie in each other more than ${DEPTH_MAX} deep`);
    const next: string[] = [];
    for (const tree of level) next.push(...(await fillOneLevel(tree, options)));
    trees.push(...next);
    level = next;
  }
  return trees;
}

async function fillOneLevel(tree: string, options: GitOptions): Promise<string[]> {
  const paths = await submodulesOf(tree, options);
  if (paths.length === 0) return [];
  try {
    // From a folder as well, which git has forbidden for submodules since they may bring in what the other user keeps
    // beside it. Here the project's own command runs next, as the same user, and could read that itself. `active`:
    // without it the clone's settings would be written, under a lock that a neighbour may hold.
    await git(
      tree,
      [
        '-c',
        'protocol.file.allow=always',
        '-c',
        'submodule.active=.',
        'submodule',
        '--quiet',
        'update',
        '--',
        ...paths,
      ],
      options,
    );
  } catch (cause) {
    if (!(cause instanceof GitFailure)) throw cause;
    throw new WorktreeError(
      'submodules_missing',
      `submodules could not be filled in (${paths.join(', ')}): ${cause.message}`,
      { cause },
    );
  }
  const filled: string[] = [];
  for (const path of paths) {
    if (await isThere(join(tree, path, '.git'))) filled.push(join(tree, path));
    else
      throw new WorktreeError(
        'submodules_missing',
        `the submodule ${path} stays empty: the settings of this clone leave it out`,
      );
  }
  return filled;
}

/** The paths of submodules that are part of this commit, have an address, and are to be filled in. */
async function submodulesOf(tree: string, options: GitOptions): Promise<string[]> {
  if (!(await isThere(join(tree, '.gitmodules')))) return [];
  const declared = new Map<string, Record<string, string>>();
  for (const [name, value] of await readSettings(
    tree,
    String.raw`^submodule\..*\.(path|url|update)$`,
    options,
    '.gitmodules',
  )) {
    const [, submodule = '', key = ''] = /^submodule\.(.*)\.(path|url|update)$/s.exec(name) ?? [];
    declared.set(submodule, { ...declared.get(submodule), [key]: value });
  }
  const wanted = [...declared.values()].flatMap(({ path, url, update }) =>
    path !== undefined && url !== undefined && update !== 'none' ? [path] : [],
  );
  if (wanted.length === 0) return [];
  const staged = await git(tree, ['--literal-pathspecs', 'ls-files', '-z', '--stage', '--', ...wanted], options);
  const links = staged
    .split('\0')
    .flatMap((line) => (line.startsWith('160000 ') ? [line.slice(line.indexOf('\t') + 1)] : []));
  return [...new Set(wanted)].filter((path) => links.includes(path));
}

async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}
