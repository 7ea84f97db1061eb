import type { Database } from '@orchestra/database';
import { actOnTasks } from '../acts/act-on-tasks.ts';
import { CANCEL } from '../acts/cancel-tasks.ts';

const BATCH_MAX = 500;

interface Over {
  run_id: string;
  task_id: string;
  next_status: 'queued' | 'cancelled';
  asked_by: string;
  reason: string;
  now: string | null;
  now_run: string | null;
}

/**
 * Closes orders to stop whose runs have come to another end: their worker was just done, or had failed, or was lost.
 * Where the task was to be cancelled, it is: by its own command while it waits, and by a new order where it has begun
 * again meanwhile.
 *
 * @returns in how many seconds to look again; undefined: nothing is being stopped
 */
export async function settleStops(db: Database): Promise<number | undefined> {
  const { rows: over } = await db.query<Over>(
    `select s.run_id, s.task_id::text, s.next_status, s.asked_by, s.reason, t.status as now, t.run_id as now_run
       from run_stops s
       left join tasks t on t.id = s.task_id
      where s.ended_at is null and (t.id is null or t.status <> 'running' or t.run_id <> s.run_id)
      order by s.task_id
      limit ${BATCH_MAX}`,
  );
  for (const { task_id: taskId, next_status: next, asked_by: by, reason, now, now_run: run } of over) {
    if (next !== 'cancelled') continue;
    if (now === 'running') await stopAgain(db, taskId, run);
    else if (now === 'queued' || now === 'held') await actOnTasks(db, CANCEL, { ids: [taskId] }, { by, reason });
  }
  if (over.length > 0) {
    await db.query(
      `update run_stops s set ended_at = clock_timestamp(), outcome = 'ended'
        where s.run_id = any ($1::uuid[]) and s.ended_at is null
          and not exists (select from tasks t where t.id = s.task_id and t.status = 'running' and t.run_id = s.run_id)`,
      [over.map((order) => order.run_id)],
    );
  }
  const {
    rows: [open],
  } = await db.query<{ in_seconds: number | null }>(
    `select extract(epoch from min(s.fence_at) - clock_timestamp())::float8 as in_seconds
       from run_stops s
      where s.ended_at is null`,
  );
  return open?.in_seconds ?? undefined;
}

/** The next run of the same task is told as well, with as much time as the first one was given. */
async function stopAgain(db: Database, taskId: string, runId: string | null): Promise<void> {
  await db.query(
    `insert into run_stops (run_id, task_id, stop_id, asked_by, reason, next_status, worker, host, pid, fence_at)
     select t.run_id, t.id, s.stop_id, s.asked_by, s.reason, s.next_status, t.worker_id, t.host, t.pid,
            clock_timestamp() + (s.fence_at - s.asked_at)
       from tasks t
       join run_stops s on s.task_id = t.id and s.ended_at is null and s.run_id <> t.run_id
      where t.id = $1 and t.run_id = $2 and t.status = 'running'
      limit 1
         on conflict (run_id) do nothing`,
    [taskId, runId],
  );
}

/** Orders are kept for a day. Call now and then. */
export async function forgetOldStops(db: Database): Promise<number> {
  const { rowCount } = await db.query("delete from run_stops where ended_at < now() - interval '1 day'");
  return rowCount ?? 0;
}
