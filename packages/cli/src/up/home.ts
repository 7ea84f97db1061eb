import { randomBytes } from 'node:crypto';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** Where `orchestra up` keeps everything; what the names mean is in `docs/operations.md`. */
export interface Home {
  folder: string;
  /** Of the database that `up` brings along. */
  database: string;
  logs: string;
  adminToken: string;
  databaseUrl: string;
  services: string;
}

/** The folder that `ORCHESTRA_HOME` names, `.orchestra` here unless set. Makes it and its `logs`. */
export async function openHome(named: string | undefined, cwd: string = process.cwd()): Promise<Home> {
  const folder = resolve(cwd, named ?? '.orchestra');
  const home = {
    folder,
    database: join(folder, 'postgres'),
    logs: join(folder, 'logs'),
    adminToken: join(folder, 'admin-token'),
    databaseUrl: join(folder, 'database-url'),
    services: join(folder, 'services.json'),
  };
  await mkdir(home.logs, { recursive: true });
  return home;
}

/** Writes a file that its owner alone may read: whole or not at all, whatever was there before. */
export async function writePrivately(path: string, text: string): Promise<void> {
  const half = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(half, text, { mode: 0o600, flag: 'wx' });
    await chmod(half, 0o600); // the mode above is cut by the umask, which may be odd
    await rename(half, path);
  } catch (error) {
    await rm(half, { force: true });
    throw error;
  }
}
