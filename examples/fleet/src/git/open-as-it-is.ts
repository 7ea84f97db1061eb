import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** What is on disk in place of a file: nothing, or a folder, a link, a pipe. */
export type NoFile = 'missing' | 'other_kind';

const AS_IT_IS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const OTHER_KIND = new Set(['ELOOP', 'EISDIR', 'EINVAL', 'ENXIO', 'EMLINK']);

/**
 * Opens a file: never through a link, and never waiting for a pipe's other end. What it has opened may still be no
 * file.
 */
export function openAsItIs(place: Buffer): Promise<FileHandle> {
  return open(place, AS_IT_IS);
}

/** What an error says of what is there; undefined: something else went wrong. */
export function noFileAfter(error: unknown): NoFile | undefined {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'missing';
  return OTHER_KIND.has(code) ? 'other_kind' : undefined;
}
