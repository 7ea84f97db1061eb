import { inTransaction, type Database } from '@orchestra/database';
import { noteLabels } from './known-labels.ts';

// One round's worth; the next one goes on.
const BATCH_MAX = 1_000;

/**
 * Drops lanes under which nothing waits any more; the next task with their labels brings them back. Whoever puts a task
 * into a lane holds a key-share lock on it until the commit, so a lane that can be locked here for update is either seen
 * with that task by the second statement, or will not be found by it and made anew. The labels of a lane stay known.
 *
 * @returns how many were dropped
 */
export function dropEmptyLanes(db: Database): Promise<number> {
  return inTransaction(db, async (tx) => {
    const { rows } = await tx.query<{ id: string }>(
      `select l.id from task_lanes l
        where not exists (select from tasks t where t.lane_id = l.id and t.status = 'queued')
        order by l.id limit ${BATCH_MAX}
          for update of l skip locked`);
    if (rows.length === 0) return 0;
    // A statement of its own, for the snapshot: what committed before the locks were taken is seen now.
    const { rows: [dropped] } = await tx.query<{ lanes: number }>(
      `with dropped as (
         delete from task_lanes l
          where l.id = any ($1::bigint[]) and not exists (select from tasks t where t.lane_id = l.id and t.status = 'queued')
         returning l.agent_id, l.skill, l.quest_id, l.actor_id
       ), noted as (${noteLabels(`select c.kind, c.value from dropped d
              cross join lateral (values ('agent', d.agent_id), ('skill', d.skill), ('quest', d.quest_id), ('actor', d.actor_id)) as c(kind, value)`)}
       )
       select count(*)::int as lanes from dropped d`,
      [rows.map((row) => row.id)]);
    return dropped?.lanes ?? 0;
  });
}
