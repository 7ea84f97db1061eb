import type { Queryable } from '@orchestra/database';

/**
 * Drops lanes under which nothing waits any more (migrations/0038); the next task with their labels brings them back.
 * The labels of a lane stay known.
 *
 * @returns how many were dropped; a thousand at the most
 */
export async function dropEmptyLanes(db: Queryable): Promise<number> {
  const {
    rows: [row],
  } = await db.query<{ dropped: number }>('select drop_empty_lanes() as dropped');
  return row?.dropped ?? 0;
}
