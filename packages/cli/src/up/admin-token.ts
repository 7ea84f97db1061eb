import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Database } from '@orchestra/database';
import { createToken, findToken, PauseError } from '@orchestra/pause-core';
import { writePrivately } from './home.ts';

const NAME = 'admin';
const NAMES_MAX = 20;

/**
 * The admin token in `file`: the one that is there if this database knows it, else a new one. Its name is `admin`, or,
 * where a living token that is not ours has that name (a database shared by several machines), one with this machine's
 * name in it.
 *
 * @returns the name, which the history shows
 */
export async function ensureAdminToken(db: Database, file: string, by: string): Promise<string> {
  const kept = await readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
  const holder = kept === undefined ? undefined : await findToken(db, kept);
  if (holder?.role === 'admin') {
    await writePrivately(file, `${kept}\n`); // somebody may have opened it to others since
    return holder.name;
  }
  for (const name of names()) {
    const token = await createUnlessTaken(db, name, by);
    if (token === undefined) continue;
    await writePrivately(file, `${token}\n`);
    return name;
  }
  throw new Error(
    `the names ${NAME} to ${NAME}-${hostname()}-${NAMES_MAX} all belong to living tokens; end some with ` +
      `\`orchestra token revoke\``,
  );
}

function* names(): Generator<string> {
  yield NAME;
  yield `${NAME}-${hostname()}`;
  for (let number = 2; number <= NAMES_MAX; number++) yield `${NAME}-${hostname()}-${number}`;
}

async function createUnlessTaken(db: Database, name: string, by: string): Promise<string | undefined> {
  try {
    return await createToken(db, { name, role: 'admin', by });
  } catch (error) {
    if (error instanceof PauseError && error.code === 'token_name_taken') return undefined;
    throw error;
  }
}
