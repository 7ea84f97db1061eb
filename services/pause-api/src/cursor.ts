import { id } from '@orchestra/pause-core/contract';
import { ProblemError } from '@orchestra/service-shell';

/** One page of a list that runs from the newest to the oldest. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** Takes one row more than fits, to know whether there is a next page. */
export function toPage<T extends { id: string }>(rows: readonly T[], limit: number): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? Buffer.from(last.id).toString('base64url') : null };
}

/**
 * The id behind which a page begins.
 *
 * @throws ProblemError for a cursor that no answer gave
 */
export function readCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const read = id.safeParse(Buffer.from(cursor, 'base64url').toString('latin1'));
  if (read.success) return read.data;
  throw new ProblemError('invalid_request', 'cursor: must be a next_cursor that an earlier answer gave', { fields: [{ field: 'cursor', message: 'must be a next_cursor that an earlier answer gave' }] });
}
