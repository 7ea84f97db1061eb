import { readText } from '../git/read-text.ts';
import type { Repository } from '../git/repository.ts';
import { runGit } from '../git/run-git.ts';
import { keyOf, type TrackedFile, type TrackedFiles } from '../git/tracked-files.ts';
import { findImports, means } from '../source/find-imports.ts';
import type { Measure } from './judge.ts';

// A file called "a" is named everywhere; the search for who imports it must end.
const CANDIDATES_MAX = 200;

/** What the file leans on and what leans on it. */
export async function measureCoupling(
  repository: Repository,
  tracked: TrackedFiles,
  file: TrackedFile,
  text: string,
  signal: AbortSignal,
): Promise<Measure[]> {
  const path = keyOf(file.path);
  const imports = findImports(path, text);
  let importedBy = 0;
  for (const candidate of await candidates(repository, tracked, file, signal)) {
    signal.throwIfAborted();
    const read = await readText(repository, candidate);
    const from = keyOf(candidate.path);
    if (read.text !== undefined && [...findImports(from, read.text)].some((written) => means(written, from, path)))
      importedBy += 1;
  }
  return [
    { name: 'imports', value: imports.size, limit: 20 },
    { name: 'imported_by', value: importedBy, limit: 25 },
  ];
}

/** The files whose text holds this file's name, found by git; what they mean by it is looked at afterwards. */
async function candidates(
  repository: Repository,
  tracked: TrackedFiles,
  file: TrackedFile,
  signal: AbortSignal,
): Promise<TrackedFile[]> {
  if (typeof file.name !== 'string') return []; // an argument is text
  const base = file.name.slice(file.name.lastIndexOf('/') + 1);
  const stem = base.replace(/\.[^.]*$/, '') || base;
  if (/[\r\n]/.test(stem)) return []; // to git, each line would be a pattern of its own
  const output = await runGit(repository.root, ['grep', '-l', '-z', '-I', '-F', '-e', stem], { alsoGood: [1], signal });
  const found: TrackedFile[] = [];
  for (const path of output.toString('latin1').split('\0')) {
    const candidate = tracked.get(path);
    if (candidate === undefined || path === keyOf(file.path)) continue;
    found.push(candidate);
    if (found.length === CANDIDATES_MAX) break;
  }
  return found;
}
