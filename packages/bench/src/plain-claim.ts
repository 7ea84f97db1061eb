import type { Queryable } from '@orchestra/database';
import { hostname } from 'node:os';

/**
 * What one would write by hand: the first queued tasks, SKIP LOCKED. It knows no pauses, labels or gates, but writes
 * the same columns and the same event rows as the claim, on the same table with the same indexes. `repo is null` is
 * there for the index alone: the queues that are measured have no repos.
 */
const PLAIN_CLAIM = `
with ready as materialized (
  select t.id, t.priority, t.place
    from tasks t
   where t.status = 'queued' and t.repo is null and t.next_eligible_at <= now()
   order by t.priority, t.place
   limit $4
     for update of t skip locked
), claimed as (
  update tasks t
     set status = 'running', run_id = gen_random_uuid(), worker_id = $1, host = $2, pid = $3,
         started_at = clock_timestamp(), heartbeat_at = clock_timestamp(), attempt = t.attempt + 1, deferred_by = null
    from ready c
   where t.id = c.id
  returning t.id, t.run_id, t.repo, t.agent_id, t.skill, t.quest_id, t.actor_id, t.priority, t.place, t.payload,
    t.attempt,
            t.max_attempts, t.cursor
), events as (
  insert into task_event_rows (task_id, run_id, kind, by, data)
  select c.id, c.run_id, 'claimed', $1, jsonb_build_object('attempt', c.attempt, 'host', $2::text, 'pid', $3::int)
    from claimed c
)
select c.* from claimed c order by c.priority, c.place`;

export interface PlainTask {
  id: string;
  run_id: string;
}

export async function claimPlainly(
  db: Queryable,
  { worker, limit }: { worker: string; limit: number },
): Promise<PlainTask[]> {
  const { rows } = await db.query<PlainTask>({
    name: 'bench-plain-claim',
    text: PLAIN_CLAIM,
    values: [worker, hostname(), process.pid, limit],
  });
  return rows;
}
