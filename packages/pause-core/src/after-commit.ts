import { hasServerChanged, isDatabaseUnavailable, sqlState } from '@orchestra/database';

/** What could not be read for an answer, once the change itself was committed. */
export interface NotRead {
  /** For whoever called: what was not read, and why. */
  words: string;
  cause: unknown;
}

/**
 * Reads what belongs to the answer of a change that is committed. The change stands whatever happens here, so a failure
 * is never the answer: it is told to `onNotRead`, and null stands for what could not be read.
 *
 * @param what names it, in words that follow "could not be read: "
 */
export async function readAfterCommit<T>(
  what: string,
  read: () => Promise<T>,
  onNotRead: (notRead: NotRead) => void,
): Promise<T | null> {
  try {
    return await read();
  } catch (cause) {
    onNotRead({ words: `${what}: ${whyNotRead(cause)}`, cause });
    return null;
  }
}

const WAITED_IN_VAIN = new Set(['55P03', '57014']);

function whyNotRead(error: unknown): string {
  if (WAITED_IN_VAIN.has(sqlState(error) ?? ''))
    return 'the database did not answer in time; something may hold a lock on its tables';
  if (error instanceof Error && hasServerChanged(error)) return 'the connection to the database was lost';
  return isDatabaseUnavailable(error) ? 'the database cannot answer just now' : 'the log has the cause';
}
