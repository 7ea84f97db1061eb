import type { Queryable } from '@orchestra/database';
import { UNOWNED } from './end-run.ts';

/**
 * Heals queued rows that still name a run (P15): the constraint forbids them, an older schema may have left some.
 * Each leaves an event with what it named.
 *
 * @returns how many were healed
 */
export async function healQueued(db: Queryable): Promise<number> {
  const { rowCount } = await db.query(`
    with impossible as (
      select t.id, t.run_id, t.pid, t.started_at from tasks t
       where t.status = 'queued' and (t.run_id is not null or t.pid is not null or t.started_at is not null)
       order by t.id limit 1000
         for update skip locked
    ), healed as (
      update tasks t set ${UNOWNED} from impossible i where t.id = i.id returning t.id
    )
    insert into task_events (task_id, run_id, kind, by, data)
    select i.id, i.run_id, 'healed', 'orchestra.reaper', jsonb_build_object('pid', i.pid, 'started_at', i.started_at)
      from impossible i join healed h on h.id = i.id`);
  return rowCount ?? 0;
}
