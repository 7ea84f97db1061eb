import { git, GitFailure, type GitOptions } from './git.ts';

/**
 * Every setting whose name fits: of the repository, this user and this machine, or of one file in the repository. Their
 * last value counts.
 *
 * @throws GitFailure
 */
export async function readSettings(
  repository: string,
  pattern: string,
  options: GitOptions = {},
  file?: string,
): Promise<[name: string, value: string][]> {
  let printed: string;
  try {
    printed = await git(
      repository,
      ['config', ...(file === undefined ? [] : ['--file', file]), '--null', '--get-regexp', pattern],
      options,
    );
  } catch (error) {
    // So it says that there is none.
    if (error instanceof GitFailure && error.end.why === 'exited' && error.end.exitCode === 1) return [];
    throw error;
  }
  return printed
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => {
      const at = line.indexOf('\n');
      return at === -1 ? [line, 'true'] : [line.slice(0, at), line.slice(at + 1)];
    });
}

/** The remotes of a clone, and what its branches have to do with them. */
export interface Remotes {
  /** The refspecs of its fetches, by remote. */
  readonly refspecs: ReadonlyMap<string, readonly string[]>;
  /** The remote that a local branch follows under its own name. */
  readonly followed: (branch: string) => string | undefined;
  /** Which remote a bare name means where several have such a branch. */
  readonly preferred: string | undefined;
}

export async function readRemotes(repository: string, options: GitOptions = {}): Promise<Remotes> {
  const settings = await readSettings(
    repository,
    String.raw`^(remote\..*\.fetch|branch\..*\.(remote|merge)|checkout\.defaultremote)$`,
    options,
  );
  const refspecs = new Map<string, string[]>();
  for (const [name, value] of settings) {
    const remote = /^remote\.(.*)\.fetch$/s.exec(name)?.[1];
    if (remote !== undefined) refspecs.set(remote, [...(refspecs.get(remote) ?? []), value]);
  }
  // The last one counts, as for git.
  const valueOf = (name: string): string | undefined => settings.findLast((setting) => setting[0] === name)?.[1];
  return {
    refspecs,
    preferred: valueOf('checkout.defaultremote'),
    followed: (branch) =>
      valueOf(`branch.${branch}.merge`) === `refs/heads/${branch}` ? valueOf(`branch.${branch}.remote`) : undefined,
  };
}
