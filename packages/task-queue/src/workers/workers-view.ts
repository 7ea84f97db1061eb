import { inUtc, type Queryable } from '@orchestra/database';
import { WORKER_LISTED_MAX, type Workers, type WorkerView } from '../contract/workers.ts';
import { labelOfRunning } from '../history/runs-labelled.ts';

// Reads who has asked within a day and what runs: neither grows with the tasks that have finished.
const WORKERS = `
with asks as (
  select s.worker, max(s.seen_at) as seen_at, (array_agg(s.host order by s.seen_at desc))[1] as host,
         to_jsonb((array_agg(jsonb_build_object('agents', s.agents, 'skills', s.skills, 'host', s.host, 'seen_at',
                                                s.seen_at)
           order by s.seen_at desc, s.wants))[1:${WORKER_LISTED_MAX}]) as asks
    from worker_sightings s
   where s.seen_at > now() - interval '1 day'
   group by s.worker
), runs as (
  select t.worker_id as worker, count(*)::int as running, max(greatest(t.heartbeat_at, t.started_at)) as seen_at,
         (array_agg(t.host order by t.started_at desc))[1] as host,
         to_jsonb((array_agg(jsonb_build_object('task_id', t.id::text, 'run_id', t.run_id, 'agent_id',
                                                ${labelOfRunning('t', 'agent_id')}, 'skill',
                                                ${labelOfRunning('t', 'skill')},
                                       'started_at', t.started_at, 'heartbeat_at', t.heartbeat_at)
                                         order by t.started_at desc, t.id desc))[1:${WORKER_LISTED_MAX}]) as runs
    from tasks t
   where t.status = 'running' and t.worker_id is not null and t.run_id is not null
   group by t.worker_id
)
select worker, case when r.seen_at is null or a.seen_at >= r.seen_at then a.host else r.host end as host,
       greatest(a.seen_at, r.seen_at) as last_reported_at,
       coalesce(a.asks, '[]') as asks, coalesce(r.running, 0) as running, coalesce(r.runs, '[]') as runs
  from asks a
  full join runs r using (worker)
 where $1::text is null or position(lower($1) in lower(worker)) > 0
 order by last_reported_at desc nulls last, worker
 limit $2::int + 1`;

interface Row extends Omit<WorkerView, 'last_reported_at'> {
  last_reported_at: Date;
}

/** The workers that asked for tasks within a day or are running some: those that reported last first. */
export async function readWorkers(
  db: Queryable,
  { contains, limit }: { contains?: string | undefined; limit: number },
): Promise<Omit<Workers, 'age_ms'>> {
  const { rows } = await db.query<Row>(WORKERS, [contains ?? null, limit]);
  return { workers: rows.slice(0, limit).map(toView), more: rows.length > limit };
}

function toView({ last_reported_at: reported, asks, runs, ...row }: Row): WorkerView {
  return {
    ...row,
    last_reported_at: reported.toISOString(),
    asks: asks.map((ask) => ({ ...ask, seen_at: inUtc(ask.seen_at) })),
    runs: runs.map((run) => ({
      ...run,
      started_at: inUtc(run.started_at),
      heartbeat_at: inUtc(run.heartbeat_at),
    })),
  };
}
