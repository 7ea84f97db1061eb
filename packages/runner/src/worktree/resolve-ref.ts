import { readRemotes } from './clone-settings.ts';
import { git, GitFailure, type GitOptions } from './git.ts';
import { fetchedTo, refWords } from './ref-words.ts';
import { WorktreeError } from './worktree-error.ts';

/** What a ref means in a clone. */
export interface ResolvedRef {
  /** The commit, written out. */
  readonly commit: string;
  /** The full name of what was meant; the commit itself where no name was. */
  readonly ref: string;
}

const HEADS = 'refs/heads/';
const FULL_COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i;
const SHORT_COMMIT = /^[0-9a-f]{4,63}$/i;
const OBJECTS_MAX = 100;

/**
 * The commit that a ref means. A clone of a runner is there to be fetched into, so a branch means the one that was
 * fetched last (`refs/remotes/origin/main`), whose local namesake nobody moves; a local branch counts where the remote
 * has none of that name. HEAD is the branch that is checked out, and a commit where none is. Git itself picks one of
 * several meanings and says so on stderr; here they are refused, since nobody reads that.
 *
 * @throws WorktreeError `no_such_ref`, `ambiguous_ref`; GitFailure where the clone cannot be asked
 */
export async function resolveRef(repository: string, ref: string, options: GitOptions = {}): Promise<ResolvedRef> {
  const refuse = (why: string): never => {
    throw new WorktreeError('no_such_ref', `${shown(ref)} ${why}`);
  };
  const words = refWords(ref) ?? refuse('is not understood: name a branch, a tag or a commit');
  const [found, ...others] = await meaningsOf(repository, words.name, options);
  if (found === undefined) return refuse(`names no branch, tag or commit in ${repository}`);
  if (others.length > 0) {
    const all = [found, ...others].map((one) => `${one.ref} (${one.commit.slice(0, 12)})`).join(', ');
    throw new WorktreeError('ambiguous_ref', `${shown(ref)} is ambiguous in ${repository}. It may mean ${all}`);
  }
  if (words.steps === '') return found;
  const commit = await commitOf(repository, `${found.commit}${words.steps}`, options);
  return commit === undefined
    ? refuse(`names no commit in ${repository}: ${found.ref} has no such ancestor`)
    : { commit, ref: `${found.ref}${words.steps}` };
}

/** One for each commit that the name may mean. */
async function meaningsOf(repository: string, name: string, options: GitOptions): Promise<ResolvedRef[]> {
  if (FULL_COMMIT.test(name)) {
    const commit = await commitOf(repository, name, options);
    return commit === undefined ? [] : [{ commit, ref: commit }];
  }
  if (name === 'HEAD') {
    const branch = await checkedOut(repository, options);
    if (branch !== undefined) return await meaningsOf(repository, branch, options);
    const commit = await commitOf(repository, name, options);
    return commit === undefined ? [] : [{ commit, ref: name }];
  }
  const names = name.startsWith('refs/')
    ? [name]
    : [
        `${HEADS}${name}`,
        `refs/tags/${name}`,
        `refs/remotes/${name}${name.includes('/') ? '' : '/HEAD'}`,
        `refs/${name}`,
      ];
  const found: ResolvedRef[] = [];
  for (const branch of names.filter((full) => full.startsWith(HEADS)))
    found.push(...(await branchesOf(repository, branch, options)));
  found.push(
    ...(await existing(
      repository,
      names.filter((full) => !full.startsWith(HEADS)),
      options,
    )),
  );
  if (SHORT_COMMIT.test(name)) found.push(...(await commitsThatBegin(repository, name.toLowerCase(), options)));
  return [...new Map(found.toReversed().map((one) => [one.commit, one])).values()].toReversed();
}

/** What has been fetched under this name, and where nothing has, the local branch. */
async function branchesOf(repository: string, full: string, options: GitOptions): Promise<ResolvedRef[]> {
  const branch = full.slice(HEADS.length);
  const { refspecs, followed, preferred } = await readRemotes(repository, options);
  const copies = new Map([...refspecs].map(([remote, specs]) => [remote, fetchedTo(full, specs)]));
  const copy = copies.get(followed(branch) ?? '');
  if (copy !== undefined) {
    const fetched = await existing(repository, [copy], options);
    if (fetched.length === 0 && (await existing(repository, [full], options)).length > 0) {
      throw new WorktreeError(
        'no_such_ref',
        `the branch ${shown(branch)} of ${repository} follows ${copy}, which is not there any more: its ` +
          'remote has deleted the branch, or it was not fetched',
      );
    }
    return fetched;
  }
  const chosen = copies.get(preferred ?? '');
  const fetched = await existing(
    repository,
    [...copies.values()].filter((one) => one !== undefined),
    options,
  );
  if (fetched.some(({ ref }) => ref === chosen)) return fetched.filter(({ ref }) => ref === chosen);
  return fetched.length > 0 ? fetched : await existing(repository, [full], options);
}

/** Which of these refs there are, by their exact names; those that are of no commit are left out. */
async function existing(repository: string, names: readonly string[], options: GitOptions): Promise<ResolvedRef[]> {
  if (names.length === 0) return [];
  const listed = await git(
    repository,
    ['for-each-ref', '--format=%(objecttype) %(objectname) %(refname)', ...names],
    options,
  );
  const found: ResolvedRef[] = [];
  for (const line of listed.split('\n')) {
    const [type, object = '', ref = ''] = line.split(' ');
    if (!names.includes(ref)) continue; // it lists what is below these names as well
    const commit = type === 'commit' ? object : await commitOf(repository, object, options);
    if (commit !== undefined) found.push({ commit, ref });
  }
  return found;
}

async function commitsThatBegin(repository: string, prefix: string, options: GitOptions): Promise<ResolvedRef[]> {
  const objects = (await git(repository, ['rev-parse', `--disambiguate=${prefix}`], options))
    .split('\n')
    .filter((line) => line !== '');
  if (objects.length > OBJECTS_MAX)
    throw new WorktreeError(
      'ambiguous_ref',
      `${shown(prefix)} begins the names of more than ${OBJECTS_MAX} objects in ${repository}`,
    );
  const commits = await Promise.all(objects.map((object) => commitOf(repository, object, options)));
  return commits.filter((commit) => commit !== undefined).map((commit) => ({ commit, ref: commit }));
}

async function checkedOut(repository: string, options: GitOptions): Promise<string | undefined> {
  return (await orNothing(git(repository, ['symbolic-ref', '--quiet', 'HEAD'], options)))?.trim();
}

async function commitOf(repository: string, object: string, options: GitOptions): Promise<string | undefined> {
  return (
    await orNothing(
      git(repository, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${object}^{commit}`], options),
    )
  )?.trim();
}

/**
 * Both end with 1 where there is nothing of that kind. A git that was killed, or cannot read the repository, has not
 * said so.
 */
async function orNothing(asked: Promise<string>): Promise<string | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (
      error instanceof GitFailure &&
      error.end.why === 'exited' &&
      (error.end.exitCode === 1 || error.end.exitCode === 128)
    )
      return undefined;
    throw error;
  }
}

function shown(ref: string): string {
  return JSON.stringify(ref.length > 200 ? `${ref.slice(0, 200)}…` : ref);
}
