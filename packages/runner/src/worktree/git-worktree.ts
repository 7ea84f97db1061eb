import { sleep } from '@orchestra/timing';
import { git, GitFailure, type GitOptions } from './git.ts';

// An entry is written within milliseconds.
const TRIES_MAX = 5;
const AGAIN_MS = 50;
const HALF_THERE = /worktrees\/[^/\s]+\/(?:commondir|gitdir|HEAD)\b/;

/**
 * `git worktree …`. Git reads the entries of all worktrees of the repository for that, and ends with an error where one
 *   is just being made or taken away, by a neighbour who has nothing to do with this call: then it is tried again.
 *
 * @throws as `git` does
 */
export async function gitWorktree(
  repository: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      return await git(repository, ['worktree', ...args], options);
    } catch (error) {
      if (tries >= TRIES_MAX || !(error instanceof GitFailure) || !HALF_THERE.test(error.end.stderr.text()))
        throw error;
      // With a random half, so that neighbours do not meet again.
      await sleep(AGAIN_MS * tries * (0.5 + Math.random() / 2), options.signal);
      options.signal?.throwIfAborted();
    }
  }
}
