import { id } from '@orchestra/pause-core/contract';
import { invalidRequest } from './offending-fields.ts';

/** One page of a list that is ordered by id. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** Makes a page of what was read. Read one row more than fits: it tells whether there is a next page. */
export function toPage<T extends { id: string }>(rows: readonly T[], limit: number): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items,
    nextCursor: rows.length > limit && last !== undefined ? Buffer.from(last.id).toString('base64url') : null,
  };
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
  throw invalidRequest([{ field: 'cursor', message: 'must be a next_cursor that an earlier answer gave' }]);
}
