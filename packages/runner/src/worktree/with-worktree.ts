import { randomUUID } from 'node:crypto';
import { mkdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { git, GitFailure } from './git.ts';
import { gitWorktree } from './git-worktree.ts';
import { ownerReason } from './worktree-owner.ts';

export interface WorktreeOrder {
  /** A clone, bare or not, on this machine. */
  repository: string;
  /** A commit, branch or tag. The worktree stands at its commit, on no branch: a branch can be checked out but once. */
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
}

/** There is no worktree to work in. The cause tells what git said, or the system. */
export class WorktreeError extends Error {
  override readonly name = 'WorktreeError';
  readonly code: 'no_repository' | 'no_such_ref' | 'folder_not_writable' | 'not_made';

  constructor(code: WorktreeError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Makes a git worktree, gives it to `use`, and takes it away again, whether that goes well or not.
 *
 * @throws WorktreeError when there is nothing to work in; the reason of `signal`; whatever `use` throws
 */
export async function withWorktree<T>(order: WorktreeOrder, use: (worktree: Worktree) => Promise<T>): Promise<T> {
  const { repository, folder, name = 'work', signal, onLeftover = () => {} } = order;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) throw new TypeError(`a worktree cannot be named ${JSON.stringify(name)}: letters, digits, dots and dashes only`);
  const commit = await commitOf(order);
  const path = join(await realFolder(folder), `${name}-${randomUUID()}`);
  try {
    try {
      // Locked from the start, with who owns it as the reason: no housekeeping of git takes it away, and ours can tell when it may.
      await gitWorktree(repository, ['add', '--detach', '--lock', '--reason', ownerReason(), path, commit], { signal });
    } catch (cause) {
      if (!(cause instanceof GitFailure)) throw cause;
      throw new WorktreeError('not_made', `no worktree could be made at ${path}: ${cause.message}`, { cause });
    }
    return await use({ path, commit });
  } finally {
    await removeWorktree(repository, path).catch((error: unknown) => onLeftover(path, error instanceof Error ? error : new Error(String(error))));
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
    throw new WorktreeError('folder_not_writable', `the folder ${folder} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

async function commitOf({ repository, ref, signal }: WorktreeOrder): Promise<string> {
  try {
    await git(repository, ['rev-parse', '--git-dir'], { signal });
  } catch (cause) {
    if (!(cause instanceof GitFailure)) throw cause;
    throw new WorktreeError('no_repository', `there is no git repository to work with at ${repository}: ${cause.end.stderr.text().trim() || cause.message}`, { cause });
  }
  // Not even git's own way to end options would keep it from reading this one as an option of rev-parse.
  if (ref.startsWith('-') || ref === '') throw new WorktreeError('no_such_ref', `${JSON.stringify(ref)} names no commit`);
  try {
    return (await git(repository, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`], { signal })).trim();
  } catch (cause) {
    if (!(cause instanceof GitFailure)) throw cause;
    throw new WorktreeError('no_such_ref', `there is no commit ${JSON.stringify(ref)} in ${repository}`, { cause });
  }
}
