import type { Queryable } from '@orchestra/database';
import { byIdOf } from '../sql/lock-order.ts';
import { INVALID_QUEUED_ROW, CLEAR_RUN_COLUMNS } from '../sql/run-columns.ts';
import { rowByRow, type OnFailedRow } from '../sql/row-by-row.ts';

// One statement's worth; the reaper comes again.
const BATCH_MAX = 1_000;

/**
 * Heals queued rows that still name a run (P15): the constraint forbids them, an older schema may have left some.
 * Each leaves an event with what it named.
 *
 * @param onFailed told of rows that cannot be healed, which then stop none of the others
 * @returns how many were healed; 1,000 at most, then there may be more
 */
export function healQueued(db: Queryable, onFailed?: OnFailedRow): Promise<number> {
  return rowByRow({ change: (taskId) => heal(db, taskId), list: (after) => listImpossible(db, after) }, onFailed);
}

async function listImpossible(db: Queryable, after: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select t.id from tasks t where ${INVALID_QUEUED_ROW} and t.id > $1 order by t.id limit ${BATCH_MAX}`,
    [after],
  );
  return rows.map((row) => row.id);
}

async function heal(db: Queryable, taskId: string | null): Promise<number> {
  const {
    rows: [row],
  } = await db.query<{ healed: number }>(
    `
    with impossible as (
      select t.id, t.run_id, t.pid, t.started_at from tasks t
       where ${INVALID_QUEUED_ROW} and ($1::bigint is null or t.id = $1)
       order by t.id limit ${BATCH_MAX}
         for update skip locked
    ), healed as (
      update tasks t set ${CLEAR_RUN_COLUMNS} from impossible i where t.id = i.id and ${byIdOf('impossible')}
      returning t.id, i.run_id, i.pid, i.started_at
    ), events as (
      insert into task_event_rows (task_id, run_id, kind, by, data)
      select h.id, h.run_id, 'healed', 'orchestra.reaper', jsonb_build_object('pid', h.pid, 'started_at', h.started_at)
        from healed h
    ), totals as (
      update reaper_totals s set impossible_queued = s.impossible_queued + h.healed
        from (select count(*)::int as healed from healed) h
       where h.healed > 0
    )
    select count(*)::int as healed from healed`,
    [taskId],
  );
  return row?.healed ?? 0;
}
