import { FleetError } from '../errors.ts';
import type { Repository } from '../git/repository.ts';
import { runGit } from '../git/run-git.ts';
import type { TrackedFile } from '../git/tracked-files.ts';
import type { Measure } from './judge.ts';

const COMMITS_MAX = 200;
const COMMIT = /^\n?[0-9a-f]{40,64} (.*)$/;
const NUMSTAT = /^\n?(\d+|-)\t(\d+|-)\t([\s\S]*)$/;

/** How often the file was changed, by how many, and how much of it, over its last 200 commits, renames included. */
export async function measureChurn(
  repository: Repository,
  file: TrackedFile,
  text: string,
  signal: AbortSignal,
): Promise<Measure[]> {
  const { commits, authors, lines } = await history(repository, file, signal);
  const length = Math.max(1, text.split('\n').length);
  return [
    { name: 'commits', value: commits, limit: 30 },
    { name: 'authors', value: authors, limit: 8 },
    { name: 'times_rewritten', value: Math.round((lines / length) * 10) / 10, limit: 4 },
  ];
}

async function history(
  repository: Repository,
  file: TrackedFile,
  signal: AbortSignal,
): Promise<{ commits: number; authors: number; lines: number }> {
  const none = { commits: 0, authors: 0, lines: 0 };
  if (typeof file.name !== 'string') return none; // an argument is text
  const head = await runGit(repository.root, ['rev-parse', '--verify', '--quiet', 'HEAD'], { alsoGood: [1], signal });
  if (head.length === 0) return none; // nothing was ever committed
  const { name } = file;
  const log = (renames: string): Promise<Buffer> =>
    runGit(
      repository.root,
      [
        'log',
        `--max-count=${COMMITS_MAX}`,
        renames,
        '--no-show-signature',
        '--no-ext-diff',
        '--no-textconv',
        '--no-color',
        '--numstat',
        '-z',
        '--format=%H %aE',
        '--',
        name,
      ],
      { signal },
    );
  // Finding a file's old names takes a look at other files' history, and a partial clone does not have all of that.
  const output = await log('--follow').catch((error: unknown) => {
    if (!(error instanceof FleetError) || error.code !== 'git_failed') throw error;
    return log('--no-renames');
  });
  const authors = new Set<string>();
  const sum = { commits: 0, lines: 0 };
  const tokens = output.toString('latin1').split('\0');
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] ?? '';
    const [, author] = COMMIT.exec(token) ?? [];
    if (author !== undefined) {
      sum.commits += 1;
      authors.add(author);
      continue;
    }
    const [, added = '-', deleted = '-', path] = NUMSTAT.exec(token) ?? [];
    if (added !== '-' && deleted !== '-') sum.lines += Number(added) + Number(deleted); // "-": it was binary then
    if (path === '') at += 2; // a renaming: the two names follow, and may look like anything
  }
  return { ...sum, authors: authors.size };
}
