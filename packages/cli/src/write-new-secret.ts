import { open, rm } from 'node:fs/promises';
import { CommandFailure } from './failure.ts';

/**
 * Writes a secret to a new file that its owner alone may read. The file is made first, so that no secret is made that
 * cannot be kept.
 *
 * @throws CommandFailure `file` when it is there already, or cannot be made; whatever `make` throws, and then there
 * is no file
 */
export async function writeNewSecret(path: string, make: () => Promise<string>): Promise<void> {
  const file = await open(path, 'wx', 0o600).catch((cause: unknown) => {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    throw new CommandFailure(
      'file',
      isThere
        ? `${path} is there already; name another file, or remove it`
        : `cannot write ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  });
  try {
    await file.chmod(0o600); // the mode above is cut by the umask, which may be odd
    await file.writeFile(`${await make()}\n`);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
