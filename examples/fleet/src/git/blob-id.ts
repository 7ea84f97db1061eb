import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readlink } from 'node:fs/promises';

/** What is on disk in place of a tracked file. */
export type OnDisk =
  | { state: 'content'; oid: string }
  | { state: 'missing' }
  /** Something other than what git tracks there: a folder, a link in place of a file, a pipe. */
  | { state: 'other_kind' }
  | { state: 'unreadable'; why: string };

// Never through a link, and never waiting for a pipe's other end.
const AS_IT_IS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const READ_BYTES = 256 * 1024;

/** The id git would give to the file's content as it lies on disk: the hash of `blob <size>\0` and the content. */
export async function blobIdOfFile(place: Buffer, algorithm: 'sha1' | 'sha256', signal: AbortSignal): Promise<OnDisk> {
  try {
    const file = await open(place, AS_IT_IS);
    try {
      const found = await file.stat();
      if (!found.isFile()) return { state: 'other_kind' };
      const hash = begun(algorithm, found.size);
      const buffer = Buffer.allocUnsafe(READ_BYTES);
      let left = found.size;
      for (;;) {
        signal.throwIfAborted();
        const { bytesRead } = await file.read(buffer, 0, buffer.length);
        if (bytesRead === 0) break;
        hash.update(buffer.subarray(0, bytesRead));
        left -= bytesRead;
        if (left < 0) break;
      }
      if (left !== 0) return { state: 'unreadable', why: 'it was written to while it was read' };
      return { state: 'content', oid: hash.digest('hex') };
    } finally {
      await file.close();
    }
  } catch (error) {
    return stateAfter(error, signal);
  }
}

/** The id git gives to a symbolic link: that of its target's text. */
export async function blobIdOfLink(place: Buffer, algorithm: 'sha1' | 'sha256', signal: AbortSignal): Promise<OnDisk> {
  try {
    const target = await readlink(place, { encoding: 'buffer' });
    return { state: 'content', oid: begun(algorithm, target.length).update(target).digest('hex') };
  } catch (error) {
    return stateAfter(error, signal);
  }
}

function begun(algorithm: 'sha1' | 'sha256', size: number): Hash {
  return createHash(algorithm).update(`blob ${size}\0`);
}

const OTHER_KIND = new Set(['ELOOP', 'EISDIR', 'EINVAL', 'ENXIO', 'EMLINK']);

function stateAfter(error: unknown, signal: AbortSignal): OnDisk {
  if (signal.aborted) throw signal.reason;
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') throw error;
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return { state: 'missing' };
  if (OTHER_KIND.has(error.code)) return { state: 'other_kind' };
  return { state: 'unreadable', why: error.code };
}
