import { randomBytes } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { packagedBinaries, program, type Binaries } from './binaries.ts';
import { LocalPostgresError } from './errors.ts';
import { exists } from './exists.ts';
import { OPEN_PLACE } from './open-place.ts';
import { runProgram } from './run-program.ts';
import type { SystemUser } from './system-user.ts';

/**
 * PostgreSQL's programs where `user` can run them: the packaged ones, or, where the way to node_modules is closed to
 * that user (a clone under /root), a copy that is made once per version.
 *
 * @param from other than those of the npm package
 * @throws {LocalPostgresError} `no_binaries`, `cannot_run_binaries`
 */
export async function runnableBinaries(
  user: SystemUser | undefined,
  notice: (line: string) => void,
  from?: Binaries,
): Promise<Binaries> {
  const packaged = from ?? (await packagedBinaries());
  const failure = await whyNotRunnable(packaged, user);
  if (failure === undefined) return packaged;
  if (user === undefined) throw cannotRun(packaged, failure);
  const copy = { version: packaged.version, folder: join(OPEN_PLACE, `postgresql-${packaged.version}`) };
  if (!(await exists(copy.folder))) {
    notice(
      `the user ${user.name} may not enter ${packaged.folder}: copying PostgreSQL to ${copy.folder} (60 MB, once)`,
    );
    await copyReadable(packaged.folder, copy.folder);
  }
  const still = await whyNotRunnable(copy, user);
  if (still !== undefined) throw cannotRun(copy, still);
  return copy;
}

async function whyNotRunnable(binaries: Binaries, user: SystemUser | undefined): Promise<string | undefined> {
  const { code, output } = await runProgram(program(binaries, 'postgres'), ['--version'], { user, timeoutMs: 30_000 });
  return code === 0 ? undefined : output.trim() || `exit code ${code}`;
}

function cannotRun(binaries: Binaries, failure: string): LocalPostgresError {
  return new LocalPostgresError(
    'cannot_run_binaries',
    `the PostgreSQL from npm does not run on this machine (${program(binaries, 'postgres')}: ` +
      `${failure}): set DATABASE_URL to a PostgreSQL 15 or newer of your own`,
  );
}

async function copyReadable(from: string, to: string): Promise<void> {
  await mkdir(OPEN_PLACE, { recursive: true });
  await chmod(OPEN_PLACE, 0o755);
  const half = `${to}.${randomBytes(4).toString('hex')}`;
  try {
    await cp(from, half, { recursive: true, verbatimSymlinks: true });
    await openToAll(half);
    await rename(half, to);
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    if (!(await exists(to))) throw error; // else another start made it meanwhile
  }
}

/** A clone made with umask 077 has files that nobody else may read. */
async function openToAll(path: string): Promise<void> {
  const { mode } = await lstat(path);
  const entries = await readdir(path, { withFileTypes: true });
  await chmod(path, mode | 0o555);
  for (const entry of entries) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) await openToAll(inner);
    else if (entry.isFile()) await chmod(inner, (await lstat(inner)).mode | (path.endsWith('bin') ? 0o555 : 0o444));
  }
}
