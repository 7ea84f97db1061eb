import { readInstant, type Queryable } from '@orchestra/database';
import { AHEAD_COUNTED_MAX } from '../contract/index.ts';
import {
  ACTIVE_PAUSES_CTE,
  type GatedRepos,
  isEligible,
  isGated,
  isPaused,
  isReservedForRunner,
  matchesFilter,
  NAMED_FIRST,
  pauseCovers,
} from '../sql/predicates.ts';
import type { RunnerReservations } from '../pipelines/runner-reservations.ts';
import type { TaskFacts } from './facts.ts';

/**
 * So long after it last asked a worker that runs nothing is taken to be gone: a long poll lasts a minute, and sightings
 * are written once in another.
 */
export const WORKER_GONE_SECONDS = 180;

// More pauses than these over one task: nobody reads on, and which are left out changes no answer but the list.
const PAUSES_MAX = 200;
// Lanes in front of the task that are looked at.
const LANES_MAX = 5_000;
const COUNTED_MAX = AHEAD_COUNTED_MAX + 1;

// Who is between two stages waits before all others, whatever their priority.
const BEFORE_IN_LINE = `
  (select count(*)::int from (
     (select from tasks q
       where q.repo = t.repo and q.status = 'queued' and q.paused_at is null and q.in_line
         and q.stage_since is not null and q.id <> t.id
         and (t.stage_since is null or (q.priority, q.id) < (t.priority, t.id))
       order by q.priority, q.id limit ${COUNTED_MAX})
     union all
     (select from tasks q
       where q.repo = t.repo and q.status = 'queued' and q.paused_at is null and q.in_line and q.stage_since is null
         and t.stage_since is null and (q.priority, q.id) < (t.priority, t.id)
       order by q.priority, q.id limit ${COUNTED_MAX})
     limit ${COUNTED_MAX}) b)`;

const HOLDER = `
  select h.id::text as "taskId", h.run_id as "runId", h.worker_id as worker, h.host, h.status,
         coalesce(h.started_at, h.held_at) as since
    from tasks h
   where h.repo = t.repo and h.status in ('running', 'held') and h.paused_at is null and h.id <> t.id
   order by h.id limit 1`;

const GATE = `
  select g.repo, case when g.frozen_at is not null
    then jsonb_build_object('at', g.frozen_at, 'by', g.frozen_by, 'reason', g.freeze_reason) end as frozen,
         g.in_progress as "inProgress", g.max_in_progress as "maxInProgress",
         (select to_jsonb(h) from (${HOLDER}) h) as holder, g.head_id::text as "headId",
         case when t.status = 'queued' then ${BEFORE_IN_LINE} else 0 end as before
    from repo_gates g
   where g.repo = t.repo and ${isGated('g.repo', '$2')}`;

// Through the lanes, of which a pause covers all tasks or none, and the first in line at open gates: as the claim finds
// them.
const AHEAD = `
  select count(*)::int
    from ((select from (select l.id, l.priority, l.head from task_lanes l
                         where not ${isGated('l.repo', '$2')} and not ${isPaused('l')}
                           and (l.priority, l.head) < (t.priority, t.place)
                         limit ${LANES_MAX}) l
            cross join lateral (
                  select from tasks q
                   where q.lane_id = l.id and q.status = 'queued' and q.place >= l.head
                     and q.place < case when l.priority < t.priority then 9223372036854775807 else t.place end
                         and ${isEligible('q')}
                   limit ${COUNTED_MAX}) n
            limit ${COUNTED_MAX})
           union all
          (select from repo_gates g
             join tasks h on h.id = g.head_id
            where g.head_id is not null and g.frozen_at is null and g.in_progress < g.max_in_progress
              and ${isGated('g.repo', '$2')}
              and (g.head_priority, g.head_id) < (t.priority, t.id) and not ${isPaused('g')} and h.status = 'queued'
                  and ${isEligible('h')}
            limit ${COUNTED_MAX})
           limit ${COUNTED_MAX}) a`;

// Of one pause over the task: what could start in front of it were that one alone gone, for workers that take this task
// too. Where no worker takes it, for workers that would: by its own agent and skill.
const FOR_THE_SAME = (row: string): string => `
  (case when exists (select from takers) then exists (select
                                                        from takers k
                                                       where ${matchesFilter(row, 'k.agents', 'k.skills', '$3')})
        else ${row}.agent_id is not distinct from t.agent_id and ${row}.skill is not distinct from t.skill end)`;
const HELD_OTHERWISE = (row: string): string =>
  `exists (select from paused o where o.id <> p.id and ${pauseCovers('o', row)})`;
const AHEAD_IF_CLEARED = `
  select count(*)::int
    from ((select from (select l.id, l.priority, l.head from task_lanes l
                         where not ${isGated('l.repo', '$2')} and (l.priority, l.head) < (t.priority, t.place)
                           and not ${HELD_OTHERWISE('l')} and ${FOR_THE_SAME('l')} limit ${LANES_MAX}) l
            cross join lateral (
                  select from tasks q
                   where q.lane_id = l.id and q.status = 'queued' and q.place >= l.head and q.id <> t.id
                     and q.place < case when l.priority < t.priority then 9223372036854775807 else t.place end
                         and ${isEligible('q')}
                   limit ${COUNTED_MAX}) n
            limit ${COUNTED_MAX})
           union all
          (select from repo_gates g
             join tasks h on h.id = g.head_id
            where g.head_id is not null and g.frozen_at is null and g.in_progress < g.max_in_progress
              and ${isGated('g.repo', '$2')}
              and (g.head_priority, g.head_id) < (t.priority, t.id) and h.id <> t.id and h.status = 'queued'
                  and ${isEligible('h')}
              and not ${HELD_OTHERWISE('g')} and ${FOR_THE_SAME('h')}
            limit ${COUNTED_MAX})
           limit ${COUNTED_MAX}) a`;

// The tasks ahead are counted for this number of pauses.
const RECKONED_MAX = 20;
const OVER = 'p.paused_at + make_interval(secs => p.ttl_seconds) <= now()';
const PAUSES = `
  select p.id::text as id, p.scope_kind as "scopeKind", p.scope_value as "scopeValue", p.also, p.paused_by as by,
         p.reason, p.paused_at as since,
         p.ends_at as "endsAt", p.paused_at + make_interval(secs => p.ttl_seconds) as "overAt", p.ends_as as "endsAs",
         -- over and not seen to yet is as good as seen to
         p.stayed_at is not null or (p.ends_as = 'stay' and ${OVER}) as stays,
         p.probing_at is not null or (p.ends_as = 'probe' and ${OVER}) as probes,
         p.probe_task_id::text as "probeTaskId",
         case when row_number() over (order by ${NAMED_FIRST}) <= ${RECKONED_MAX} then (${AHEAD_IF_CLEARED})
           end as "aheadIfCleared"
    from active_pauses p, task t
   where ${pauseCovers('p', 't')}
     -- as the claim has it: its own pause lets a probe through, and every other one that probes goes by the same run
     and not coalesce(t.probe_of is not null and (p.id = t.probe_of or p.probing_at is not null)
                      and exists (select from active_pauses o where o.id = t.probe_of and o.probe_task_id = t.id),
                          false)
   order by ${NAMED_FIRST}
   limit ${PAUSES_MAX}`;

const WORKERS = `
  select count(distinct s.worker) filter (where s.seen_at > now() - interval '${WORKER_GONE_SECONDS} seconds'
                                             or s.worker in (select r.worker_id
                                                               from tasks r
                                                              where r.status = 'running'))::int as there,
         max(s.seen_at) as "lastSeenAt"
    from worker_sightings s
   where ${matchesFilter('t', 's.agents', 's.skills', '$3')}`;

// One statement, so that all of it is true of one instant.
const READ = `
with task as materialized (
  select t.* from tasks t where t.id = $1
), takers as materialized (
  select distinct s.agents, s.skills
    from worker_sightings s, task t
   where s.seen_at > now() - interval '${WORKER_GONE_SECONDS} seconds'
     and ${matchesFilter('t', 's.agents', 's.skills', '$3')}
), ${ACTIVE_PAUSES_CTE}
select jsonb_build_object(
    'taskId', t.id::text, 'status', t.status, 'at', now(), 'createdAt', t.created_at, 'nextEligibleAt',
    t.next_eligible_at, 'deferred', t.deferred_by is not null,
    'agentId', t.agent_id, 'skill', t.skill,
    'attempts', jsonb_build_object('used', t.attempt, 'max', t.max_attempts, 'crashes', t.crashes, 'crashesMax',
                                   t.max_crashes),
    'disturbances', t.transient_failures,
    'parked', case when t.paused_at is not null
      and not coalesce(t.questions is not null and t.answer is null and t.paused_at = t.asked_at, false)
                   then jsonb_build_object('at', t.paused_at, 'by', t.paused_by, 'reason', t.pause_reason) end,
    'question', case when t.questions is not null and t.answer is null
      then jsonb_build_object('at', t.asked_at, 'text', t.questions) end,
    'held', case when t.status = 'held' and (t.held_evidence is not null or t.questions is null or t.answer is not null)
                 then jsonb_build_object('at', t.held_at, 'says', t.held_evidence ->> 'says', 'fix',
                                         t.held_evidence ->> 'fix') end,
    'run', case when t.status = 'running'
      then jsonb_build_object('id', t.run_id, 'worker', t.worker_id, 'host', t.host, 'startedAt', t.started_at,
                              'claimedAhead', t.prefetched) end,
    'ended', case when t.status in ('succeeded', 'failed', 'cancelled') then
       (select jsonb_build_object('at', e.at, 'error', coalesce(e.data ->> 'error', e.data ->> 'reason'))
          from events_of_task(t.id) e
         where e.kind in ('completed', 'failed', 'reaped', 'retried', 'held', 'cancelled', 'stopped')
         order by e.id desc
         limit 1) end)
  || case when t.status in ('queued', 'held') then jsonb_build_object(
    'pauses', coalesce((select jsonb_agg(p) from (${PAUSES}) p), '[]'),
    'gate', (select to_jsonb(g) from (${GATE}) g),
    'ahead', (${AHEAD}),
    'workers', (select to_jsonb(w) from (${WORKERS}) w),
    'keptForRunner', coalesce(${isReservedForRunner('t', '$3')}, false))
     else '{"pauses": [], "gate": null, "ahead": 0, "workers": {"there": 0, "lastSeenAt": null},
            "keptForRunner": false}' end as facts
  from task t`;

// Whatever of it is an instant; PostgreSQL writes them into JSON with the session's offset.
const INSTANTS = new Set(['at', 'createdAt', 'nextEligibleAt', 'startedAt', 'since', 'endsAt', 'overAt', 'lastSeenAt']);

/** What decides whether a task may start; undefined where there is none of this id. Reads only. */
export async function readTaskFacts(
  db: Queryable,
  taskId: string,
  gatedRepos: GatedRepos = null,
  kept: RunnerReservations = null,
): Promise<TaskFacts | undefined> {
  const {
    rows: [row],
  } = await db.query<{ facts: TaskFacts }>(READ, [taskId, gatedRepos, kept === null ? null : JSON.stringify(kept)]);
  return row === undefined ? undefined : inUtc(row.facts);
}

function inUtc<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (name, one: unknown) =>
    INSTANTS.has(name) && typeof one === 'string' ? readInstant(one).toISOString() : one,
  ) as T;
}
