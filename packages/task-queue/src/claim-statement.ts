/**
 * Server settings for the connections that claim. The claim is planned once for each connection, perhaps while the queue
 * is empty, and an empty table is cheapest to read whole and sort: with 200,000 tasks that plan takes 50 to 190 ms until
 * the next analyze. Its indexes give the order, so nothing else is offered. Before PostgreSQL 18 what is not offered is
 * given an enormous cost instead, which makes the server compile the statement, for seconds: hence `jit`.
 */
export const CLAIM_SETTINGS = { enable_seqscan: 'off', enable_bitmapscan: 'off', enable_sort: 'off', jit: 'off' } as const;

// A claim puts off so many tasks at the most, so that the one which meets a large backlog first is not slow for all of it.
const DEFER_MAX = 200;

/** In SQL what `covers` says in TypeScript: does an active pause hold this task? `gate.db.test.ts` holds the two together. */
const covered = (t: string): string => `coalesce(
         (select k.agents from keys k) ? ${t}.agent_id or (select k.skills from keys k) ? ${t}.skill
      or (select k.quests from keys k) ? ${t}.quest_id or (select k.actors from keys k) ? ${t}.actor_id, false)`;

const wanted = (t: string): string => `($4::text[] is null or ${t}.agent_id = any ($4::text[])) and ($5::text[] is null or ${t}.skill = any ($5::text[]))`;

/**
 * The gate (P1): the one statement in which work starts. It reads the pause rows itself, in the same snapshot in which
 * it picks the tasks, so no cache, bell or restart has a say.
 *
 * - `claim_marker` is named so that the settle can see this statement at work (P2). The lock on it is taken before the
 *   statement's snapshot: a claim that the settle does not see there will see the pause. Do not wrap this statement in
 *   another one, and do not run it under REPEATABLE READ: the snapshot would be older than the lock.
 * - Tasks that were put off for a pause stand apart, in one list for each pause (index tasks_deferred), so that they are
 *   not walked past again. When that pause has ended its list counts again, at once and in its old order (P9): nothing
 *   has to be moved back, whatever ended it. Their `next_eligible_at` is only what a person is shown.
 * - `met` are the paused tasks that stand before the last one that this claim takes: it has walked past them. Each is put
 *   off, with one event for each task and pause, never again and again.
 * - The paused values are looked up in jsonb objects: the planner's guess for an array of unknown content makes it sort
 *   the whole queue (45 ms for a claim over 200,000 tasks, against 1 ms).
 *
 * Parameters: $1 worker, $2 host, $3 pid, $4 agents or null, $5 skills or null, $6 how many at most.
 */
export const CLAIM = `
with recursive paused as materialized (
  select p.id, p.scope_kind, p.scope_value, p.reason, p.ends_at
    from active_pauses p
   where not exists (select from claim_marker)
), keys as materialized (
  select coalesce(jsonb_object_agg(p.scope_value, true) filter (where p.scope_kind = 'agent'), '{}') as agents,
         coalesce(jsonb_object_agg(p.scope_value, true) filter (where p.scope_kind = 'skill'), '{}') as skills,
         coalesce(jsonb_object_agg(p.scope_value, true) filter (where p.scope_kind = 'quest'), '{}') as quests,
         coalesce(jsonb_object_agg(p.scope_value, true) filter (where p.scope_kind = 'actor'), '{}') as actors
    from paused p
), list (pause_id) as (
  (select min(t.deferred_by) from tasks t where t.status = 'queued' and t.deferred_by is not null)
  union all
  select (select min(t.deferred_by) from tasks t where t.status = 'queued' and t.deferred_by > l.pause_id)
    from list l
   where l.pause_id is not null
), released as materialized (
  select l.pause_id from list l where l.pause_id is not null and not exists (select from paused p where p.id = l.pause_id)
), ready as materialized (
  select t.id, t.priority
    from tasks t
   where t.status = 'queued' and t.deferred_by is null and t.next_eligible_at <= now() and not ${covered('t')} and ${wanted('t')}
   order by t.priority, t.id
   limit $6
     for update of t skip locked
), back as materialized (
  select b.id, b.priority
    from released r
   cross join lateral (
         select t.id, t.priority
           from tasks t
          where t.status = 'queued' and t.deferred_by = r.pause_id and not ${covered('t')} and ${wanted('t')}
          order by t.priority, t.id
          limit $6
            for update of t skip locked) b
), claimable as materialized (
  select c.id, c.priority
    from (select * from ready union all select * from back) c
   order by c.priority, c.id
   limit $6
), reached as materialized (
  -- how far this claim walked: to its last task, or to the end
  select coalesce(c.priority, 32767) as priority, coalesce(c.id, 9223372036854775807) as id
    from (select) one
    left join (select c.priority, c.id from claimable c order by c.priority, c.id limit 1 offset $6::int - 1) c on true
), met as materialized (
  select t.id
    from tasks t
   where exists (select from paused)
     and t.status = 'queued' and t.deferred_by is null and t.next_eligible_at <= now() and ${covered('t')} and ${wanted('t')}
     and (t.priority, t.id) < ((select r.priority from reached r)::smallint, (select r.id from reached r))
   order by t.priority, t.id
   limit ${DEFER_MAX}
     for update of t skip locked
), met_again as materialized (
  select b.id
    from released r
   cross join lateral (
         select t.id
           from tasks t
          where exists (select from paused) and t.status = 'queued' and t.deferred_by = r.pause_id and ${covered('t')}
          order by t.priority, t.id
          limit ${DEFER_MAX}
            for update of t skip locked) b
), claimed as (
  update tasks t
     set status = 'running', run_id = gen_random_uuid(), worker_id = $1, host = $2, pid = $3,
         started_at = clock_timestamp(), heartbeat_at = clock_timestamp(), attempt = t.attempt + 1, deferred_by = null
    from claimable c
   where t.id = c.id
  returning t.id, t.run_id, t.repo, t.agent_id, t.skill, t.quest_id, t.actor_id, t.priority, t.payload, t.attempt,
            t.max_attempts, t.cursor
), deferred as (
  update tasks t
     set deferred_by = p.id,
         next_eligible_at = now() + greatest(interval '60 seconds', p.ends_at - now())
    from (select * from met union all select * from met_again) m
    join tasks l on l.id = m.id
   cross join lateral (
         -- the pause that is named: actor, agent, skill, quest; then the one that ends last; then the older one
         select p.id, p.scope_kind, p.scope_value, p.reason, p.ends_at
           from paused p
          where case p.scope_kind when 'actor' then l.actor_id when 'agent' then l.agent_id
                                  when 'skill' then l.skill when 'quest' then l.quest_id end = p.scope_value
          order by array_position(array['actor', 'agent', 'skill', 'quest'], p.scope_kind), p.ends_at desc nulls first, p.id
          limit 1) p
   where t.id = m.id
  returning t.id, t.next_eligible_at, p.id as pause_id, p.scope_kind, p.scope_value, p.reason
), events as (
  insert into task_events (task_id, run_id, kind, by, data)
  select c.id, c.run_id, 'claimed', $1, jsonb_build_object('attempt', c.attempt, 'host', $2::text, 'pid', $3::int)
    from claimed c
  union all
  select d.id, null, 'deferred', $1, jsonb_build_object(
           'pause_id', d.pause_id::text, 'scope_kind', d.scope_kind, 'scope_value', d.scope_value, 'reason', d.reason,
           'next_eligible_at', d.next_eligible_at)
    from deferred d
)
select * from claimed c order by c.priority, c.id`;
