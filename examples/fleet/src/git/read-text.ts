import { noFileAfter, openAsItIs } from './open-as-it-is.ts';
import { placeOf, type Repository } from './repository.ts';
import type { TrackedFile } from './tracked-files.ts';

export type TextRead = { text: string } | { text: undefined; why: 'missing' | 'not_a_file' | 'too_large' | 'binary' };

/** Larger files are data, not prose or code that somebody wrote. */
const TEXT_BYTES_MAX = 1024 * 1024;
// git's own measure of what is text.
const LOOKED_AT_FOR_NUL = 8_000;

/** The text of a tracked file as it lies on disk. Bytes that are no UTF-8 become replacement characters. */
export async function readText(repository: Repository, file: TrackedFile): Promise<TextRead> {
  if (file.kind !== 'file') return { text: undefined, why: 'not_a_file' };
  const place = await placeOf(repository, file.path);
  if (place === undefined) return { text: undefined, why: 'missing' };
  const bytes = await readAtMost(place, TEXT_BYTES_MAX);
  if (typeof bytes === 'string') return { text: undefined, why: bytes };
  if (bytes.subarray(0, LOOKED_AT_FOR_NUL).includes(0)) return { text: undefined, why: 'binary' };
  return { text: new TextDecoder().decode(bytes) };
}

async function readAtMost(place: Buffer, bytesMax: number): Promise<Buffer | 'missing' | 'not_a_file' | 'too_large'> {
  try {
    const file = await openAsItIs(place);
    try {
      const found = await file.stat();
      if (!found.isFile()) return 'not_a_file';
      if (found.size > bytesMax) return 'too_large';
      const buffer = Buffer.alloc(bytesMax + 1);
      let length = 0;
      for (let read = 1; read > 0 && length < buffer.length;) {
        ({ bytesRead: read } = await file.read(buffer, length, buffer.length - length));
        length += read;
      }
      return length > bytesMax ? 'too_large' : buffer.subarray(0, length);
    } finally {
      await file.close();
    }
  } catch (error) {
    const state = noFileAfter(error);
    if (state === undefined) throw error;
    return state === 'missing' ? 'missing' : 'not_a_file';
  }
}
