/**
 * A key for one thing that a person wants done, however often it has to be asked for. Not `randomUUID`: plain HTTP has
 * none.
 */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
