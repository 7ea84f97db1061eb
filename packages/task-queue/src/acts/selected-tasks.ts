import type { Queryable } from '@orchestra/database';
import type { TaskStatus } from '../contract/index.ts';
import { pauseCovers } from '../sql/predicates.ts';

/** What the tasks are like that an operator means. What is absent excludes none. */
export interface ActFilter {
  status?: TaskStatus | undefined;
  agent_id?: string | undefined;
  skill?: string | undefined;
  quest_id?: string | undefined;
  actor_id?: string | undefined;
  repo?: string | undefined;
  parked?: boolean | undefined;
  held_by?: string | undefined;
  created_since?: string | undefined;
  created_until?: string | undefined;
}

/** The tasks with these ids, or all that are like this, behind `cursor`. Exactly one of the first two is there. */
export interface Selection {
  ids?: readonly string[] | undefined;
  filter?: ActFilter | undefined;
  cursor?: string | undefined;
}

/** How far a filter has come: tasks with larger ids than `after`, up to `upTo`. */
export interface Reach {
  after: string;
  upTo: string;
}

/**
 * Which tasks `t` are selected, in SQL, as conditions that follow others. Its parameters are the first
 * {@link SELECTED_PARAMETERS} of the statement: see {@link selectedValues}.
 */
export const SELECTED = `
     and ($1::bigint[] is null or t.id = any ($1))
     and t.id > $2::bigint and t.id <= $3::bigint
     and ($4::text is null or t.status = $4)
     and ($5::text is null or t.agent_id = $5)
     and ($6::text is null or t.skill = $6)
     and ($7::text is null or t.quest_id = $7)
     and ($8::text is null or t.actor_id = $8)
     and ($9::text is null or t.repo = $9)
     and ($10::boolean is null or (t.paused_at is not null) = $10)
     and ($11::timestamptz is null or t.created_at >= $11)
     and ($12::timestamptz is null or t.created_at < $12)
     and ($13::bigint is null
          or t.status = 'queued'
         and exists (select from active_pauses p where p.id = $13 and ${pauseCovers('p', 't')}))`;
export const SELECTED_PARAMETERS = 13;

/** The values of {@link SELECTED}. */
export function selectedValues({ ids, filter = {} }: Selection, reach: Reach): unknown[] {
  return [
    ids ?? null,
    reach.after,
    reach.upTo,
    filter.status ?? null,
    filter.agent_id ?? null,
    filter.skill ?? null,
    filter.quest_id ?? null,
    filter.actor_id ?? null,
    filter.repo ?? null,
    filter.parked ?? null,
    filter.created_since ?? null,
    filter.created_until ?? null,
    filter.held_by ?? null,
  ];
}

/**
 * Where a selection begins. A filter finds the tasks that are there at its first call, and none that are added while it
 * goes through them.
 */
export async function reachOf(db: Queryable, { ids, cursor }: Selection): Promise<Reach> {
  if (ids !== undefined) return { after: '0', upTo: ID_MAX };
  const [after, upTo] = (cursor ?? '').split('-');
  if (after !== undefined && upTo !== undefined) return { after, upTo };
  const {
    rows: [row],
  } = await db.query<{ up_to: string | null }>('select max(t.id)::text as up_to from tasks t');
  return { after: '0', upTo: row?.up_to ?? '0' };
}

const ID_MAX = '9223372036854775807';
