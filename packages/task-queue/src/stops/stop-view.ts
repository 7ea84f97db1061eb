import type { Queryable } from '@orchestra/database';
import type { StoppedRun, StopThen, StopView } from '@orchestra/pause-core/contract';

/** So many runs of one order are listed; the counts beside them are complete. */
const LISTED_MAX = 200;

// One statement, so that the counts are true of one instant.
const READ = `
select s.task_id::text, s.run_id, s.worker, s.host, s.pid,
       coalesce(s.outcome, case when s.told_at is null then 'asked' else 'told' end) as state, s.told_at, s.ended_at,
       s.fence_at,
       s.asked_at, s.asked_by, s.reason, s.next_status,
       count(*) over ()::int as runs,
       count(s.told_at) over ()::int as told,
       count(*) filter (where s.outcome = 'obeyed') over ()::int as obeyed,
       count(*) filter (where s.outcome = 'ended') over ()::int as ended,
       count(*) filter (where s.outcome = 'fenced') over ()::int as fenced,
       count(*) filter (where s.outcome is null) over ()::int as waiting
  from run_stops s
 where s.stop_id = $1
 order by s.outcome is distinct from 'fenced', s.outcome is not null, s.task_id
 limit ${LISTED_MAX}`;

interface Row extends Omit<StoppedRun, 'told_at' | 'ended_at' | 'fence_at'> {
  told_at: Date | null;
  ended_at: Date | null;
  fence_at: Date;
  asked_at: Date;
  asked_by: string;
  reason: string;
  next_status: 'queued' | 'cancelled';
  runs: number;
  told: number;
  obeyed: number;
  ended: number;
  fenced: number;
  waiting: number;
}

/** How an order to stop runs stands; undefined: there is none, or it was more than a day ago. */
export async function readStop(db: Queryable, stopId: string): Promise<StopView | undefined> {
  const { rows } = await db.query<Row>(READ, [stopId]);
  const [first] = rows;
  if (first === undefined) return undefined;
  const then: StopThen = first.next_status === 'cancelled' ? 'cancel' : 'requeue';
  return {
    id: stopId,
    asked_at: first.asked_at.toISOString(),
    asked_by: first.asked_by,
    reason: first.reason,
    then,
    runs_count: first.runs,
    told_count: first.told,
    obeyed_count: first.obeyed,
    ended_count: first.ended,
    fenced_count: first.fenced,
    waiting_count: first.waiting,
    runs: rows.map(({ task_id, run_id, worker, host, pid, state, told_at, ended_at, fence_at }) => ({
      task_id,
      run_id,
      worker,
      host,
      pid,
      state,
      told_at: told_at?.toISOString() ?? null,
      ended_at: ended_at?.toISOString() ?? null,
      fence_at: fence_at.toISOString(),
    })),
    passed_over: [],
    more: false,
  };
}
