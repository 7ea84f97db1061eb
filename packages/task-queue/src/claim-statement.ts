import { LANES_FEWEST } from './claim-ways.ts';
import { gated } from './gated.ts';
import { openGates, ungatedGates } from './gate-statement.ts';
import { openLanes, wanted } from './open-lanes.ts';
import { CLAIMS_PAUSE_KEYS, covered, eligible } from './pause-keys.ts';
import { freeProbes, gatedProbes } from './probe-statement.ts';

/**
 * Server settings for the connections that claim. A claim is planned once for each connection, perhaps while the queue
 * is empty, and an empty table is cheapest to read whole and sort: with 200,000 tasks that plan takes 50 to 190 ms until
 * the next analyze. Its indexes give the order, so nothing else is offered. Before PostgreSQL 18 what is not offered is
 * given an enormous cost instead, which makes the server compile the statement, for seconds: hence `jit`. And a plan made anew
 * for the parameters of each call looks cheaper to the server, which does not count the millisecond that making it takes.
 */
export const CLAIM_SETTINGS = {
  enable_seqscan: 'off', enable_bitmapscan: 'off', enable_sort: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off', jit: 'off',
  plan_cache_mode: 'force_generic_plan',
  // What is left has to be on offer, also where the role or the database has switched it off.
  enable_indexscan: 'on', enable_indexonlyscan: 'on', enable_nestloop: 'on', enable_tidscan: 'on',
} as const;

// So many tasks a walk looks at before it gives up. Beyond this the lanes are cheaper, however few of them stand open.
const WALK_MAX = 1_000;
// Candidates for each task wanted: so many claims at a time find tasks that no other claim has locked. A look at more lanes also looks deeper
// into each of them, so that a claim whose candidates were all locked finds the tasks behind them when it looks again.
const CHOICE_FEWEST = 10;
const CHOICE = `(greatest(${CHOICE_FEWEST}, $9::bigint * ${CHOICE_FEWEST} / ${LANES_FEWEST}))`;

// The candidates come in order; of each the newest version is locked and looked at once more. They are found again by
// where they lie, which within one statement cannot change: no row that its snapshot sees is ever moved or cleaned up. A row that was
// changed between the snapshot and the lock lies elsewhere then, where the update cannot see it: `start` counts those.
const take = (candidates: string): string => `
  select t.ctid as lies_at, t.priority, t.place, t.repo
    from (${candidates}) c
    join tasks t on t.ctid = c.lies_at
   where t.status = 'queued' and ${eligible('t')} and not ${covered('t')} and ${wanted('t', '$4', '$5', '$8')}
   order by c.priority, c.place
   limit $6
     for update of t skip locked`;

// Tasks of repos that were added for later, whose time has come, and that nobody has put in line yet.
const DUE = `select from tasks t where t.status = 'queued' and not t.in_line and (t.next_eligible_at <= statement_timestamp() or t.deferred_by is not null) and ${wanted('t', '$4', '$5', '$8')}`;

const start = (cutShort: string): string => `claimed as (
  update tasks t
     set status = 'running', run_id = run_id_of($3::jsonb ->> 'owner'), worker_id = $1, host = $2, pid = ($3::jsonb ->> 'pid')::int, boot_id = ($3::jsonb ->> 'boot_id')::uuid,
         pid_namespace = $3::jsonb ->> 'pid_namespace', process_started = ($3::jsonb ->> 'process_started')::bigint,
         started_at = clock_timestamp(), heartbeat_at = clock_timestamp(), attempt = t.attempt + 1, deferred_by = null,
         prefetched = c.nth > coalesce(($3::jsonb ->> 'begins')::int, $6),
         admitted_under = (select max(e.id) from senate_events e where e.type like 'pause.%')
    from claimable c
   where t.ctid = c.lies_at
  returning t.id, t.run_id, t.repo, t.agent_id, t.skill, t.quest_id, t.actor_id, t.priority, t.place, t.payload, t.attempt,
            t.max_attempts, t.cursor, t.questions, t.answer, t.probe_of, t.pipeline, t.stage, t.admitted_under
), events as (
  insert into task_events (task_id, run_id, kind, by, data)
  select c.id, c.run_id, 'claimed', $1,
         jsonb_build_object('attempt', c.attempt, 'host', $2::text, 'pid', $3::jsonb -> 'pid', 'admitted_under', c.admitted_under::text, 'snapshot', (select pg_current_snapshot()::text),
           -- what the task carried and who counted the transactions: its labels may change, and the database may move
           'cluster', (select to_jsonb(cluster_id())), 'labels', jsonb_strip_nulls(jsonb_build_object('agent_id', c.agent_id, 'skill', c.skill, 'quest_id', c.quest_id, 'actor_id', c.actor_id)))
         || case when c.probe_of is null then '{}' else jsonb_build_object('probe_of', c.probe_of::text) end
         -- for services of the former version, which read this alone
         || case when c.stage is null then '{}' else jsonb_build_object('skill', c.skill) end
         || case when c.repo is null or ${gated('c.repo', '$7')} then '{}' else jsonb_build_object('gated', false) end
    from claimed c
)
select c.*, s.cut_short, s.some_are_due
  from (select n.short and (n.missed or ${cutShort}) as cut_short, n.short and exists (${DUE}) as some_are_due
          from (select m.claimed < $6 as short, m.claimed < m.claimable as missed
                  from (select (select count(*) from claimed) as claimed, (select count(*) from claimable) as claimable) m) n) s
  left join claimed c on true
 order by c.priority, c.place`;

// Where the queue begins for this claim. What lies before it has ended, and would be walked past as long as anybody's old snapshot
// keeps the rows from being cleaned up; or it is paused, however much of it there is.
const AHEAD = `
          from tasks t
         where t.status = 'queued' and t.repo is null
           and (t.priority, t.place) >= ((select f.priority from first_lane f), (select f.head from first_lane f))
         order by t.priority, t.place`;

// Tasks whose repos are gated come from here and from nowhere else. A search that was cut short has an end, and a task that
// stands behind it is left for later: else it would be taken before those that the search has not come to.
// Gates are locked in one order (docs/locking.md): first those for which the claim may have to wait, by name, then
// those that it passes over when they are locked.
const STEP = { agents: '$4', skills: '$5', limit: '$6', repos: '$7', kept: '$8' };
const together = (end: string): string => `${freeProbes(STEP)}, ungated as materialized (${ungatedGates(['ready', 'free_probes'])}
), at_gates as materialized (${openGates({ ...STEP, after: 'ungated' })}
), ${gatedProbes(STEP, 'ungated')}, claimable as materialized (
  select c.lies_at, row_number() over (order by c.priority, c.place) as nth
    from (select r.lies_at, r.priority, r.place from ready r
           union all
          select f.lies_at, f.priority, f.place from free_probes f
           union all
          select p.lies_at, p.priority, p.place from gated_probes p
           union all
          select g.lies_at, g.priority, g.place from at_gates g
           where (select count(*) from ready) >= $6 or not exists (select from (${end}) e where (g.priority, g.place) > (e.priority, e.place))) c
   order by c.priority, c.place
   limit $6
)`;

/**
 * The gate (P1), on the way that is short when little is paused, or all of it stands together at the head: it walks the queue
 * from the first task that may be eligible, and no farther than a thousand tasks. `claimTasks` goes on with
 * {@link CLAIM_BY_LANES} when the walk was cut short.
 *
 * Both ways read the pause rows themselves, in the same snapshot in which they pick the tasks, so no cache, bell or
 * restart has a say. Both name `claim_marker`, so that the settle can see them at work (P2). The lock on it is taken
 * before the statement's snapshot: a claim that the settle does not see there will see the pause. Do not wrap either in
 * another statement, and do not run it under REPEATABLE READ: the snapshot would be older than the lock.
 *
 * Parameters: $1 worker, $2 host, $3 its process, $4 agents or null, $5 skills or null, $6 how many at most, $7 the repos for which
 * the serial gate holds or null, $8 what is kept for runners or null. This way finds no tasks of repos for which it does not.
 */
export const CLAIM_BY_WALK = `
with ${CLAIMS_PAUSE_KEYS}, first_lane as materialized (
  ${openLanes({ agents: '$4', skills: '$5', limit: '1', repos: '$7', kept: '$8' })}
), ready as materialized (${take(`select t.ctid as lies_at, t.priority, t.place ${AHEAD} limit ${WALK_MAX}`)}
), ${together(`select t.priority, t.place ${AHEAD} limit 1 offset ${WALK_MAX - 1}`)}, ${start(`exists (select ${AHEAD} limit 1 offset ${WALK_MAX - 1})`)}`;

// There may be more candidates than were looked at: of one lane, or of all.
const CROWDED = `((select count(*) from candidates) >= $6::int * ${CHOICE}
  or exists (select from candidates c group by c.lane_id, c.depth having count(*) >= c.depth))`;

/**
 * The gate (P1), on the way that does not care how much is paused: it looks at lanes, of which a pause covers all tasks or
 * none, and takes the first tasks of the open ones with the nearest heads. A head is a lower bound: what stands
 * before the head of the first lane left out is in its right order, what stands behind may not be and is left for
 * the next claim. The answer is cut short then, and the caller raises the heads and asks again with more lanes, until no lane is left out.
 *
 * Parameters: as for {@link CLAIM_BY_WALK}, and $9 how many lanes to look at.
 */
export const CLAIM_BY_LANES = `
with ${CLAIMS_PAUSE_KEYS}, nearest as materialized (
  ${openLanes({ agents: '$4', skills: '$5', limit: '$9::int + 1', repos: '$7', kept: '$8' })}
), left_out as materialized (
  select n.priority, n.head from nearest n order by n.priority, n.head offset $9
), near as materialized (
  select n.id, n.priority, n.head,
         coalesce((select case when o.priority = n.priority then o.head end from left_out o), 9223372036854775807) as upto,
         -- of few lanes many tasks each, of many lanes few
         (select greatest($6::int, $6::int * ${CHOICE} / count(*)) from nearest) as depth
    from nearest n
   order by n.priority, n.head
   limit $9
), candidates as materialized (
  select c.lies_at, c.priority, c.place, n.id as lane_id, n.depth
    from near n
   cross join lateral (
         select t.ctid as lies_at, t.priority, t.place
           from tasks t
          where t.lane_id = n.id and t.status = 'queued' and t.place >= n.head and t.place < n.upto and ${eligible('t')}
          order by t.place
          limit n.depth) c
), ready as materialized (${take(`select c.lies_at, c.priority, c.place from candidates c order by c.priority, c.place limit $6::int * ${CHOICE}`)}
), ${together('select o.priority, o.head as place from left_out o')}, ${start(`(exists (select from left_out) or ${CROWDED})`)}`;
