import type { Queryable } from '@orchestra/database';
import type { HeartbeatAnswer } from '../contract/index.ts';
import { refuseRun } from './refuse-run.ts';

const BEAT = `
update tasks t set heartbeat_at = clock_timestamp() where t.id = $1 and t.run_id = $2 and t.status = 'running'
returning t.id, (select jsonb_build_object('reason', s.reason, 'by', s.asked_by, 'fence_at', s.fence_at) from run_stops s where s.run_id = t.run_id and s.ended_at is null) as stop`;

// One statement for both. Not more often than once a second for one run, but where the sender counts: it sends each
// piece once, and none may be missed.
const BEAT_WITH_OUTPUT = `
with beat as (${BEAT}), kept as (
  insert into task_output as o (task_id, run_id, tail, at, printed)
  select b.id, $2, $3, clock_timestamp(), $4::bigint from beat b
      on conflict (task_id) do update set run_id = excluded.run_id, tail = excluded.tail, at = excluded.at, printed = excluded.printed
   where o.run_id <> excluded.run_id or o.at < excluded.at - interval '1 second' or excluded.printed is not null
)
select b.stop from beat b`;

// For the receipt of the order.
const TOLD = 'update run_stops s set told_at = clock_timestamp() where s.run_id = $1 and s.told_at is null and s.ended_at is null';

/** What the answer to a heartbeat says of an order to stop the run. */
export type OrderedStop = NonNullable<HeartbeatAnswer['stop']>;

/**
 * Prolongs a run's lease, by the database's clock.
 *
 * @param output the end of what the run has printed so far, in place of what was kept before
 * @param printed how many characters it has printed in all
 * @returns the order to stop the run, where an operator has given one
 * @throws TaskError `run_not_owner` when the run has been taken away or has ended, `task_not_found`
 */
export async function heartbeat(db: Queryable, taskId: string, runId: string, output?: string, printed?: number): Promise<OrderedStop | undefined> {
  const { rows: [beat] } = await (output === undefined
    ? db.query<{ stop: OrderedStop | null }>(BEAT, [taskId, runId])
    : db.query<{ stop: OrderedStop | null }>(BEAT_WITH_OUTPUT, [taskId, runId, output, printed ?? null]));
  if (beat === undefined) return refuseRun(db, taskId, runId);
  if (beat.stop === null) return undefined;
  await db.query(TOLD, [runId]);
  return { ...beat.stop, fence_at: new Date(beat.stop.fence_at).toISOString() };
}
