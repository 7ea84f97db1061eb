import type { Queryable } from '@orchestra/database';
import { refuseRun } from './refuse-run.ts';

const BEAT = "update tasks t set heartbeat_at = clock_timestamp() where t.id = $1 and t.run_id = $2 and t.status = 'running'";

// One statement for both. Not more often than once a second for one run, but where the sender counts: it sends each
// piece once, and none may be missed.
const BEAT_WITH_OUTPUT = `
with beat as (${BEAT} returning t.id), kept as (
  insert into task_output as o (task_id, run_id, tail, at, printed)
  select b.id, $2, $3, clock_timestamp(), $4::bigint from beat b
      on conflict (task_id) do update set run_id = excluded.run_id, tail = excluded.tail, at = excluded.at, printed = excluded.printed
   where o.run_id <> excluded.run_id or o.at < excluded.at - interval '1 second' or excluded.printed is not null
)
select from beat`;

/**
 * Prolongs a run's lease, by the database's clock.
 *
 * @param output the end of what the run has printed so far, in place of what was kept before
 * @param printed how many characters it has printed in all
 * @throws TaskError `run_not_owner` when the run has been taken away or has ended, `task_not_found`
 */
export async function heartbeat(db: Queryable, taskId: string, runId: string, output?: string, printed?: number): Promise<void> {
  const { rowCount } = await (output === undefined ? db.query(BEAT, [taskId, runId]) : db.query(BEAT_WITH_OUTPUT, [taskId, runId, output, printed ?? null]));
  if (rowCount === 0) await refuseRun(db, taskId, runId);
}
