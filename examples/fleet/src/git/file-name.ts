import { z } from 'zod';

/**
 * The name of a tracked file, as a payload carries it: text where it is text, else its bytes (git allows any but NUL).
 */
export const fileName = z.union([
  z.string().min(1).max(4_096),
  z.strictObject({ base64: z.base64().min(1).max(8_192) }),
]);
export type FileName = z.infer<typeof fileName>;

const TEXT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The payload's form of a name that git told. */
export function nameOf(path: Buffer): FileName {
  try {
    return TEXT.decode(path);
  } catch {
    return { base64: path.toString('base64') }; // not UTF-8: JSON has no text for it
  }
}

export function bytesOf(name: FileName): Buffer {
  return typeof name === 'string' ? Buffer.from(name, 'utf8') : Buffer.from(name.base64, 'base64');
}

/** A name for people; bytes that are no text show as replacement characters. */
export function shown(path: Buffer): string {
  return path.toString('utf8');
}
