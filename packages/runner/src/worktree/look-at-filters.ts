import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { readSettings } from './clone-settings.ts';
import { git, GitFailure, type GitOptions } from './git.ts';
import { WorktreeError } from './worktree-error.ts';

/**
 * These change a file on its way into a commit and do nothing on the way out, so that a worktree without them is the
 * same.
 */
const ONLY_ON_THE_WAY_IN: ReadonlySet<string> = new Set(['nbstripout']);
/** How a file begins whose content was to be fetched, and was not: of git-lfs, and of git-annex. */
const PLACEHOLDERS = ['version https://git-lfs.github.com/spec/v1\n', '/annex/objects/'];
const PLACEHOLDER_BYTES_MAX = 2_048;
const NAMED_MAX = 3;
const LISTED_BYTES_MAX = 64 * 1_024 * 1_024;

/**
 * The filters that can be run here (`filter.lfs.smudge`). As `-c` settings they are made required: otherwise git leaves
 * the file as it is stored when its filter fails, and goes on.
 */
export async function requiredFilters(repository: string, options: GitOptions = {}): Promise<string[]> {
  const names = [...(await filtersHere(repository, /^filter\.(.*)\.(?:smudge|process)$/s, options))];
  return names.filter((name) => !/[=\n]/.test(name)).flatMap((name) => ['-c', `filter.${name}.required=true`]);
}

/**
 * Looks whether the files of a worktree have their real content: projects keep some of it elsewhere (git-lfs) or
 * encrypted (git-crypt), and a git filter puts it into the file. Where that is not set up git says nothing, and a suite
 * meets a pointer in place of its data.
 *
 * @throws WorktreeError `filter_not_set_up`, `content_missing`
 */
export async function lookAtFilters(tree: string, options: GitOptions = {}): Promise<void> {
  if (!(await namesFilters(tree, options))) return;
  const files = await filteredFiles(tree, options);
  if (files.length === 0) return;
  const here = await filtersHere(tree, /^filter\.(.*)\.(?:smudge|process|clean)$/s, options);
  const not = Map.groupBy(
    files.filter(({ filter }) => !here.has(filter) && !ONLY_ON_THE_WAY_IN.has(filter)),
    ({ filter }) => filter,
  );
  for (const [filter, itsFiles] of not) {
    throw new WorktreeError(
      'filter_not_set_up',
      `the git filter ${filter} is not set up here, so ${named(itsFiles)} would be tested as stored and not as meant`,
    );
  }
  if (await leavesSomeOut(tree, options)) return;
  const empty: { path: string }[] = [];
  for (const file of files) if (await isPlaceholder(join(tree, file.path))) empty.push(file);
  if (empty.length > 0)
    throw new WorktreeError('content_missing', `the content of ${named(empty)} is not there, but a pointer to it`);
}

/** Quickly: most projects know no filter. */
async function namesFilters(tree: string, options: GitOptions): Promise<boolean> {
  try {
    await git(tree, ['grep', '--quiet', '--fixed-strings', '-e', 'filter', '--', ':(glob)**/.gitattributes'], options);
    return true;
  } catch (error) {
    if (error instanceof GitFailure && error.end.why === 'exited' && error.end.exitCode === 1) return false;
    throw error;
  }
}

async function filteredFiles(tree: string, options: GitOptions): Promise<{ path: string; filter: string }[]> {
  const large = { ...options, printedBytesMax: LISTED_BYTES_MAX };
  const paths = await git(tree, ['ls-files', '-z', '--', '.', ':(exclude,attr:!filter)'], large);
  if (paths === '') return [];
  const fields = (await git(tree, ['check-attr', '-z', '--stdin', 'filter'], { ...large, stdin: paths })).split('\0');
  const found: { path: string; filter: string }[] = [];
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [path = '', , filter = ''] = fields.slice(at, at + 3);
    if (!['unspecified', 'unset', 'set', ''].includes(filter)) found.push({ path, filter });
  }
  return found;
}

async function filtersHere(repository: string, pattern: RegExp, options: GitOptions): Promise<Set<string>> {
  const settings = await readSettings(repository, String.raw`^filter\..*\.(smudge|process|clean)$`, options);
  return new Set(settings.flatMap(([name, value]) => (value.trim() === '' ? [] : (pattern.exec(name)?.[1] ?? []))));
}

/** Whether the project or the operator wants some content of git-lfs left where it is. */
async function leavesSomeOut(tree: string, options: GitOptions): Promise<boolean> {
  const wanted = String.raw`^lfs\.fetch(include|exclude)$`;
  if ((await readSettings(tree, wanted, options)).length > 0) return true;
  const ofProject = await lstat(join(tree, '.lfsconfig')).catch(() => undefined);
  return ofProject?.isFile() === true && (await readSettings(tree, wanted, options, '.lfsconfig')).length > 0;
}

async function isPlaceholder(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats?.isFile() !== true || stats.size > PLACEHOLDER_BYTES_MAX) return false;
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
    const begins = buffer.toString('latin1', 0, bytesRead);
    return PLACEHOLDERS.some((placeholder) => begins.startsWith(placeholder));
  } finally {
    await file.close();
  }
}

function named(files: readonly { path: string }[]): string {
  const more = files.length - NAMED_MAX;
  return `${files
    .slice(0, NAMED_MAX)
    .map(({ path }) => path)
    .join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
