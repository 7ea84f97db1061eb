import type { Queryable } from '@orchestra/database';
import { IMPOSSIBLE, UNOWNED } from '../unowned.ts';

/**
 * Heals queued rows that still name a run (P15): the constraint forbids them, an older schema may have left some.
 * Each leaves an event with what it named.
 *
 * @returns how many were healed; 1,000 at most, then there may be more
 */
export async function healQueued(db: Queryable): Promise<number> {
  const { rows: [row] } = await db.query<{ healed: number }>(`
    with impossible as (
      select t.id, t.run_id, t.pid, t.started_at from tasks t
       where ${IMPOSSIBLE}
       order by t.id limit 1000
         for update skip locked
    ), healed as (
      update tasks t set ${UNOWNED} from impossible i where t.id = i.id
      returning t.id, i.run_id, i.pid, i.started_at
    ), events as (
      insert into task_events (task_id, run_id, kind, by, data)
      select h.id, h.run_id, 'healed', 'orchestra.reaper', jsonb_build_object('pid', h.pid, 'started_at', h.started_at) from healed h
    ), totals as (
      update reaper_totals s set impossible_queued = s.impossible_queued + h.healed
        from (select count(*)::int as healed from healed) h
       where h.healed > 0
    )
    select count(*)::int as healed from healed`);
  return row?.healed ?? 0;
}
