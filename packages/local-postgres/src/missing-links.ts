import { lstat, readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { LocalPostgresError } from './errors.ts';

const linksFile = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Makes the symbolic links between PostgreSQL's libraries. A tarball of npm cannot hold links, so the package makes
 * them in
 * its install script, which pnpm, yarn and newer npm do not run unless somebody allows it.
 *
 * @param root the folder of the npm package
 * @throws {LocalPostgresError} `cannot_run_binaries` when a link is missing and this user cannot write there
 */
export async function makeMissingLinks(root: string): Promise<void> {
  for (const { source, target } of await listLinks(join(root, 'native', 'pg-symlinks.json'))) {
    const link = join(root, target);
    if (
      await lstat(link).then(
        () => true,
        () => false,
      )
    )
      continue;
    try {
      await symlink(relative(dirname(link), join(root, source)), link);
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? cause.code : cause;
      if (code === 'EEXIST') continue; // another start has made it meanwhile
      throw new LocalPostgresError(
        'cannot_run_binaries',
        `the PostgreSQL from npm is incomplete, and ${link} cannot be made (${String(code)}): install it ` +
          'where you may write, or set DATABASE_URL to a PostgreSQL 15 or newer of your own',
        { cause },
      );
    }
  }
}

async function listLinks(file: string): Promise<z.infer<typeof linksFile>> {
  try {
    return linksFile.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    // A platform whose libraries need none
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
