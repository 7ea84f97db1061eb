import { lstat, realpath, stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { FleetError } from '../errors.ts';
import { runGit } from './run-git.ts';

/** A git repository with files checked out. */
export interface Repository {
  /** Its top folder, absolute, without symbolic links. */
  root: string;
}

/**
 * Finds the repository that `path` lies in.
 *
 * @throws FleetError `not_a_repository` where there is none, or one without files (a bare one)
 */
export async function openRepository(path: string, signal?: AbortSignal): Promise<Repository> {
  const folder = await stat(path).catch((cause: unknown) => {
    throw new FleetError('not_a_repository', `there is no folder ${path}`, { cause });
  });
  if (!folder.isDirectory()) throw new FleetError('not_a_repository', `${path} is not a folder`);
  const told = (await runGit(path, ['rev-parse', '--show-toplevel'], { signal })).toString('utf8').replace(/\n$/, '');
  if (told === '' || !isAbsolute(told)) throw new FleetError('not_a_repository', `${path} has no files checked out`);
  return { root: await realpath(resolve(told)) };
}

const SLASH = 0x2f;
const FORBIDDEN = new Set(['', '.', '..', '.git']);

/**
 * Where a tracked file is on disk, or undefined where its name leads outside: upward, to git's own folder, or through a
 * symbolic link. What git calls a file of the repository is never behind one.
 */
export async function placeOf(repository: Repository, path: Buffer): Promise<Buffer | undefined> {
  const steps = path.toString('latin1').split('/');
  if (path.includes(0) || steps.some((step) => FORBIDDEN.has(step.toLowerCase()))) return undefined;
  const root = Buffer.from(`${repository.root}/`);
  for (let slash = path.indexOf(SLASH); slash !== -1; slash = path.indexOf(SLASH, slash + 1)) {
    const folder = await lstat(Buffer.concat([root, path.subarray(0, slash)])).catch(() => undefined);
    if (folder !== undefined && !folder.isDirectory()) return undefined;
  }
  return Buffer.concat([root, path]);
}
