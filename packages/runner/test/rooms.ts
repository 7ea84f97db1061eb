import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * A small file system in memory at this path. false: this machine lets us mount nothing, as most containers and every
 * user but root; a test then says so and goes on with its second witness.
 */
export async function mountRoom(path: string, options: string): Promise<boolean> {
  await mkdir(path, { recursive: true });
  try {
    await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', options, 'orchestra-test', path]);
    return true;
  } catch (error) {
    console.warn(
      'SKIPPED: no tmpfs can be mounted here, so its part of the test is left out: ' +
        `${error instanceof Error ? error.message.trim() : String(error)}`,
    );
    return false;
  }
}

export async function unmountRoom(path: string): Promise<void> {
  await promisify(execFile)('umount', [path]);
}
