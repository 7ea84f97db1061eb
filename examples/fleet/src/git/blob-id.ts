import { createHash, type Hash } from 'node:crypto';
import { readlink } from 'node:fs/promises';
import { noFileAfter, openAsItIs, type NoFile } from './open-as-it-is.ts';

/** What is on disk in place of a tracked file. */
export type OnDisk = { state: 'content'; oid: string } | { state: NoFile } | { state: 'unreadable'; why: string };

const READ_BYTES = 256 * 1024;

/** The id git would give to the file's content as it lies on disk: the hash of `blob <size>\0` and the content. */
export async function blobIdOfFile(place: Buffer, algorithm: 'sha1' | 'sha256', signal: AbortSignal): Promise<OnDisk> {
  try {
    const file = await openAsItIs(place);
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

function stateAfter(error: unknown, signal: AbortSignal): OnDisk {
  if (signal.aborted) throw signal.reason;
  const state = noFileAfter(error);
  if (state !== undefined) return { state };
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') throw error;
  return { state: 'unreadable', why: error.code };
}
