import { chown, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { program, type Binaries } from './binaries.ts';
import { makeOwnFolder } from './data-folder.ts';
import { LocalPostgresError } from './errors.ts';
import { runProgram } from './run-program.ts';
import type { SystemUser } from './system-user.ts';

const TIMEOUT_MS = 120_000;

export interface NewCluster {
  binaries: Binaries;
  user: SystemUser | undefined;
  /** Gets the folder `data`. */
  place: string;
  superuser: string;
  password: string;
  signal?: AbortSignal | undefined;
}

/**
 * Makes a new database cluster. It is made under another name and then renamed, so that a start which was killed in the
 * middle leaves nothing that looks like one.
 *
 * @throws {LocalPostgresError} `did_not_start`
 */
export async function initialise({ binaries, user, place, superuser, password, signal }: NewCluster): Promise<void> {
  const half = join(place, 'data.new');
  await rm(half, { recursive: true, force: true });
  await makeOwnFolder(half, user);
  const passwordFile = join(place, 'password.new');
  await writeFile(passwordFile, password, { mode: 0o600 });
  try {
    if (user) await chown(passwordFile, user.uid, user.gid);
    const { code, output } = await runProgram(
      program(binaries, 'initdb'),
      [
        `--pgdata=${half}`,
        `--username=${superuser}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
      ],
      { user, signal, timeoutMs: TIMEOUT_MS },
    );
    if (code !== 0)
      throw new LocalPostgresError(
        'did_not_start',
        `PostgreSQL could not make its files in ${place}. Its last words:\n${output.trim()}`,
      );
    await rename(half, join(place, 'data'));
  } finally {
    await rm(passwordFile, { force: true });
    await rm(half, { recursive: true, force: true });
  }
}
