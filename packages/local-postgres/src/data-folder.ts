import { createHash, randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalPostgresError } from './errors.ts';
import { exists } from './exists.ts';
import { OPEN_PLACE } from './open-place.ts';
import { runProgram } from './run-program.ts';
import type { SystemUser } from './system-user.ts';

/** Names the folder of the data where it is not in the cluster's own one. */
const POINTER = 'data-is-in';

/**
 * Where a cluster keeps its data: in `folder`, or, where the way there is closed to the user that PostgreSQL has to run
 * as, in a folder of its own under {@link OPEN_PLACE}. The choice is made once and written down in `folder`: a later
 * `chmod` must not make the data seem gone.
 *
 * @returns the parent of PostgreSQL's data directory, open to `user`
 * @throws {LocalPostgresError} `data_not_reachable`, `data_of_another_user`
 */
export async function dataFolder(
  folder: string,
  user: SystemUser | undefined,
  notice: (line: string) => void,
): Promise<string> {
  const elsewhere = await readFile(join(folder, POINTER), 'utf8').then(
    (path) => path.trim(),
    () => undefined,
  );
  const place = elsewhere ?? folder;
  if (await exists(join(place, 'data'))) await checkOwner(join(place, 'data'), user);
  if (user === undefined || (await mayEnter(place, user))) return place;
  if (elsewhere !== undefined || (await exists(join(folder, 'data')))) {
    throw new LocalPostgresError(
      'data_not_reachable',
      `the database is in ${place}, which the user ${user.name} may no longer enter: allow it (chmod o+x ` +
        'on that folder and those above it)',
    );
  }
  const name = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex')
    .slice(0, 12);
  // Random besides the hash: who removes a folder and makes it again starts with an empty database.
  const open = join(OPEN_PLACE, `${name}-${randomBytes(3).toString('hex')}`);
  await mkdir(open, { recursive: true });
  for (const path of [OPEN_PLACE, open]) await chmod(path, 0o755);
  await writeFile(join(open, 'belongs-to'), `${folder}\n`);
  await writeFile(join(folder, POINTER), `${open}\n`);
  notice(`the user ${user.name} may not enter ${folder}: the database is kept in ${open}`);
  return open;
}

/** Makes a folder, under one that {@link dataFolder} answered, which belongs to whoever runs PostgreSQL. */
export async function makeOwnFolder(path: string, user: SystemUser | undefined): Promise<void> {
  await mkdir(path, { mode: 0o700 });
  if (user) await chown(path, user.uid, user.gid);
}

async function checkOwner(data: string, user: SystemUser | undefined): Promise<void> {
  const needed = user?.uid ?? process.getuid?.();
  const { uid } = await stat(data).catch((cause: Error) => {
    throw new LocalPostgresError('data_not_reachable', `the database in ${data} cannot be reached: ${cause.message}`, {
      cause,
    });
  });
  if (needed === undefined || uid === needed) return;
  throw new LocalPostgresError(
    'data_of_another_user',
    `the database in ${data} belongs to user id ${uid}, and PostgreSQL would run as ` +
      `${user?.name ?? 'this user'} (${needed}): start it as the user who first did, or set ORCHESTRA_HOME ` +
      'to another folder',
  );
}

async function mayEnter(folder: string, user: SystemUser): Promise<boolean> {
  const { code } = await runProgram('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { user, timeoutMs: 10_000 });
  return code === 0;
}
