import { spawnSync } from 'node:child_process';
import { chown, mkdir, mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '@orchestra/database';

const MIB = 1_048_576;
// The last of the room goes in pieces as small as a page of the database.
const PIECES = [MIB, 8_192] as const;

/**
 * A file system in memory that holds a database's own files, and that can be filled. The server's log of changes lies
 * elsewhere: a server without room for that ends.
 */
export class SmallDisk {
  readonly #mountedAt: string;
  readonly #mib: number;

  private constructor(mountedAt: string, mib: number) {
    this.#mountedAt = mountedAt;
    this.#mib = mib;
  }

  /** @returns in words why not, where this process may mount nothing: only root can */
  static async mount(mib: number): Promise<SmallDisk | string> {
    if (process.getuid?.() !== 0) return 'only root may mount a file system';
    const mountedAt = await mkdtemp(join(tmpdir(), 'orchestra-disk-'));
    const { status, stderr, error } = spawnSync(
      'mount',
      ['-t', 'tmpfs', '-o', `size=${mib}m,mode=755`, 'tmpfs', mountedAt],
      { encoding: 'utf8' },
    );
    if (status === 0) return new SmallDisk(mountedAt, mib);
    await rm(mountedAt, { recursive: true, force: true });
    return `no file system could be mounted: ${error?.message ?? stderr.trim()}`;
  }

  /**
   * Moves a database that nobody uses onto this disk.
   *
   * @param admin connected to another database of the server
   * @param dataFolder of the server; what is on the disk will belong to the same user
   */
  async take(admin: Database, database: string, dataFolder: string): Promise<void> {
    const folder = join(this.#mountedAt, 'tablespace');
    const { uid, gid } = await stat(dataFolder);
    await mkdir(folder, { mode: 0o700 });
    await chown(folder, uid, gid);
    await admin.query(`create tablespace small_disk location '${folder}'`);
    await admin.query(`alter database ${database} set tablespace small_disk`);
  }

  /** Leaves no room on it. */
  async fill(): Promise<void> {
    const file = await open(this.#filler, 'w');
    try {
      for (const piece of PIECES) {
        const zeros = Buffer.alloc(piece);
        for (let written = 0; written <= this.#mib * MIB; written += piece) {
          const isFull = await file.write(zeros).then(
            ({ bytesWritten }) => bytesWritten < piece,
            (error: unknown) => {
              if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return true;
              throw error;
            },
          );
          if (isFull) break;
        }
      }
    } finally {
      await file.close();
    }
  }

  /** Gives the room back. */
  async empty(): Promise<void> {
    await rm(this.#filler, { force: true });
  }

  /** Once the server has ended. */
  async unmount(): Promise<void> {
    spawnSync('umount', ['-l', this.#mountedAt]);
    await rm(this.#mountedAt, { recursive: true, force: true });
  }

  get #filler(): string {
    return join(this.#mountedAt, 'filler');
  }
}
