import { randomUUID } from 'node:crypto';
import { mkdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fillSubmodules } from './fill-submodules.ts';
import { git, GitFailure } from './git.ts';
import { gitWorktree } from './git-worktree.ts';
import { lookAtFilters, requiredFilters } from './look-at-filters.ts';
import { resolveRef, type ResolvedRef } from './resolve-ref.ts';
import { WorktreeError } from './worktree-error.ts';
import { ownerReason } from './worktree-owner.ts';

export interface WorktreeOrder {
  /** A clone, bare or not, on this machine. */
  repository: string;
  /**
   * A commit, branch or tag, as `resolveRef` understands it. The worktree stands at its commit, on no branch: a branch
   * can be checked out but once.
   */
  ref: string;
  /** Below this folder the worktree is made, with a name of its own. */
  folder: string;
  /** Begins that name, so that a person sees whose it is: `task-7`. */
  name?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Told of what could not be taken away afterwards. It is tried again by {@link pruneWorktrees}. */
  onLeftover?: ((path: string, error: Error) => void) | undefined;
}

export interface Worktree {
  readonly path: string;
  /** The commit, written out. */
  readonly commit: string;
  /** The full name of what the ref was taken to mean: `refs/remotes/origin/main`. */
  readonly ref: string;
}

/**
 * Makes a git worktree with everything that its commit means, submodules and filtered content included, gives it to
 * `use`, and takes it away again, whether that goes well or not.
 *
 * @throws WorktreeError when there is nothing to work in; the reason of `signal`; whatever `use` throws
 */
export async function withWorktree<T>(order: WorktreeOrder, use: (worktree: Worktree) => Promise<T>): Promise<T> {
  const { repository, folder, name = 'work', onLeftover = () => {} } = order;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name))
    throw new TypeError(`a worktree cannot be named ${JSON.stringify(name)}: letters, digits, dots and dashes only`);
  const resolved = await meantBy(order);
  const path = join(await realFolder(folder), `${name}-${randomUUID()}`);
  try {
    await make(order, path, resolved.commit);
    return await use({ path, ...resolved });
  } finally {
    await removeWorktree(repository, path).catch((error: unknown) =>
      onLeftover(path, error instanceof Error ? error : new Error(String(error))),
    );
  }
}

/** Takes a worktree away with everything in it, also one that was made by half. Twice `--force`: it is locked. */
export async function removeWorktree(repository: string, path: string): Promise<void> {
  try {
    await gitWorktree(repository, ['remove', '--force', '--force', path]);
    return;
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error; // it is no worktree (yet), or has files that git cannot take away
  }
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
  await gitWorktree(repository, ['unlock', path]).catch((error: unknown) => {
    if (!(error instanceof GitFailure)) throw error; // gone, as it should be
  });
  await gitWorktree(repository, ['prune']);
}

/** git keeps real paths: by a link it would not know its own worktree again. */
async function realFolder(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true });
    return await realpath(folder);
  } catch (cause) {
    throw new WorktreeError(
      'folder_not_writable',
      `the folder ${folder} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

async function meantBy({ repository, ref, signal }: WorktreeOrder): Promise<ResolvedRef> {
  try {
    await git(repository, ['rev-parse', '--git-dir'], { signal });
  } catch (cause) {
    if (!(cause instanceof GitFailure)) throw cause;
    throw new WorktreeError(
      'no_repository',
      `there is no git repository to work with at ${repository}: ${cause.end.stderr.text().trim() || cause.message}`,
      { cause },
    );
  }
  return await orNotMade(`what ${JSON.stringify(ref)} means in ${repository} could not be read`, () =>
    resolveRef(repository, ref, { signal }),
  );
}

async function make({ repository, signal }: WorktreeOrder, path: string, commit: string): Promise<void> {
  await orNotMade(`no worktree could be made at ${path}`, async () => {
    const required = await requiredFilters(repository, { signal });
    // Locked from the start, with who owns it as the reason: no housekeeping of git takes it away, and ours can tell
    // when it may.
    await gitWorktree(repository, ['add', '--detach', '--lock', '--reason', ownerReason(), path, commit], {
      signal,
      settings: required,
    });
    for (const tree of await fillSubmodules(path, { signal, settings: required }))
      await lookAtFilters(tree, { signal });
  });
}

async function orNotMade<T>(what: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (cause) {
    if (!(cause instanceof GitFailure)) throw cause;
    throw new WorktreeError('not_made', `${what}: ${cause.message}`, { cause });
  }
}
