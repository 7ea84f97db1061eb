import type { Queryable } from '@orchestra/database';
import type { GatedRepos } from '../sql/predicates.ts';

/**
 * Raises the heads of the nearest `lanes` that a claim of these agents and skills may take from. @returns how many were
 * raised
 */
export async function advanceNearestHeads(
  db: Queryable,
  order: {
    agents?: readonly string[] | undefined;
    skills?: readonly string[] | undefined;
    lanes: number;
    gatedRepos?: GatedRepos;
    kept?: string | null;
  },
): Promise<number> {
  const {
    rows: [row],
  } = await db.query<{ raised: number }>({
    name: 'orchestra-raise-near-heads',
    text: 'select raise_near_heads($1, $2, $3, $4, $5) as raised',
    values: [order.agents ?? null, order.skills ?? null, order.lanes, order.gatedRepos ?? null, order.kept ?? null],
  });
  return row?.raised ?? 0;
}

/**
 * Raises the heads of the nearest `lanes`, whatever covers them, so that no claim walks past what has long ended
 * (migrations/0038).
 *
 * @param placesWorth a head is raised where that brings it on by so many places, or by fewer where lanes are few: each
 *   raise leaves a row version,
 *   which stays as long as anybody's snapshot is older
 * @returns how many were raised
 */
export async function advanceLaneHeads(db: Queryable, lanes: number, placesWorth = 1): Promise<number> {
  const {
    rows: [row],
  } = await db.query<{ raised: number }>({
    name: 'orchestra-raise-heads',
    text: 'select raise_heads($1, $2) as raised',
    values: [lanes, placesWorth],
  });
  return row?.raised ?? 0;
}
