import type { Queryable } from '@orchestra/database';
import type { GatedRepos } from '../gated.ts';
import { openLanes } from '../open-lanes.ts';
import { PAUSE_KEYS } from '../pause-keys.ts';

/**
 * Raises heads to the first queued task of their lanes, where that brings them on by `places` (SQL that may read `lanes`).
 * Never past the horizon, beyond which tasks may still turn up; and not where a task has come back since this statement's
 * snapshot: `returns` is compared once more on the newest version of the row, under its lock. A lane that somebody else
 * holds is left as it is, which costs time only.
 */
const raise = (lanes: string, places: string): string => `
with ${PAUSE_KEYS}, lanes as materialized (${lanes}
), firsts as materialized (
  select l.id, l.returns,
         least(h.id + 1, coalesce((
           select t.place from tasks t where t.lane_id = l.id and t.status = 'queued' and t.place >= l.head order by t.place limit 1
         ), 9223372036854775807)) as head
    from lanes l, task_horizon h
), held as (
  select l.id, f.head
    from firsts f
    join task_lanes l on l.id = f.id
   where l.returns = f.returns and l.head + ${places} <= f.head
     for no key update of l skip locked
)
update task_lanes l set head = h.head from held h where l.id = h.id`;

// One walk passes by the former versions of all lanes, so the fewer there are the sooner a raise is worth its own.
const PLACES_PER_LANE = 100;

const RAISE_NEAR = raise(openLanes({ agents: '$1', skills: '$2', limit: '$3', repos: '$4', kept: '$5' }), '1');
const RAISE_ALL = raise('select l.id, l.head, l.returns from task_lanes l order by l.priority, l.head limit $1', `least($2::bigint, ${PLACES_PER_LANE} * (select count(*) from lanes))`);

/** Raises the heads of the nearest `lanes` that a claim of these agents and skills may take from. @returns how many were raised */
export async function raiseNearHeads(db: Queryable, order: { agents?: readonly string[] | undefined; skills?: readonly string[] | undefined; lanes: number; gatedRepos?: GatedRepos; kept?: string | null }): Promise<number> {
  const { rowCount } = await db.query({ name: 'orchestra-raise-near-heads', text: RAISE_NEAR, values: [order.agents ?? null, order.skills ?? null, order.lanes, order.gatedRepos ?? null, order.kept ?? null] });
  return rowCount ?? 0;
}

/**
 * Raises the heads of the nearest `lanes`, whatever covers them, so that no claim walks past what has long ended.
 *
 * @param placesWorth a head is raised where that brings it on by so many places, or by fewer where lanes are few: each raise leaves a row version,
 *   which stays as long as anybody's snapshot is older
 * @returns how many were raised
 */
export async function raiseHeads(db: Queryable, lanes: number, placesWorth = 1): Promise<number> {
  const { rowCount } = await db.query({ name: 'orchestra-raise-heads', text: RAISE_ALL, values: [lanes, placesWorth] });
  return rowCount ?? 0;
}
