/**
 * The gate (P1): the one statement in which work starts. It reads the pause rows itself, in the same snapshot in which
 * it picks the tasks, so no cache, bell or restart has a say.
 *
 * - `claim_marker` is named so that the settle can see this statement at work (P2). The lock on it is taken before the
 *   statement's snapshot: a claim that the settle does not see there will see the pause. Do not wrap this statement in
 *   another one, and do not run it under REPEATABLE READ: the snapshot would be older than the lock.
 * - A task is eligible by its own time, or when it was put off for a pause: then the pause rows alone decide, so
 *   that an early clear makes it eligible at once and in its old place (P9).
 * - `met` are paused tasks that this claim walked past and that nobody has put off yet for a pause that still holds:
 *   each gets one event per pause, never again and again.
 *
 * Parameters: $1 worker, $2 host, $3 pid, $4 agents or null, $5 skills or null, $6 how many at most.
 */
export const CLAIM = `
with paused as materialized (
  select p.id, p.scope_kind, p.scope_value, p.reason, p.ends_at
    from active_pauses p
   where not exists (select from claim_marker)
), keys as materialized (
  select coalesce(array_agg(p.scope_value) filter (where p.scope_kind = 'agent'), '{}') as agents,
         coalesce(array_agg(p.scope_value) filter (where p.scope_kind = 'skill'), '{}') as skills,
         coalesce(array_agg(p.scope_value) filter (where p.scope_kind = 'quest'), '{}') as quests,
         coalesce(array_agg(p.scope_value) filter (where p.scope_kind = 'actor'), '{}') as actors,
         coalesce(array_agg(p.id), '{}') as ids
    from paused p
), claimable as (
  select t.id
    from tasks t
   where t.status = 'queued'
     and (t.deferred_by is not null or t.next_eligible_at <= now())
     and (t.agent_id is null or t.agent_id <> all ((select k.agents from keys k)::text[]))
     and (t.skill is null or t.skill <> all ((select k.skills from keys k)::text[]))
     and (t.quest_id is null or t.quest_id <> all ((select k.quests from keys k)::text[]))
     and (t.actor_id is null or t.actor_id <> all ((select k.actors from keys k)::text[]))
     and ($4::text[] is null or t.agent_id = any ($4::text[]))
     and ($5::text[] is null or t.skill = any ($5::text[]))
   order by t.priority, t.id
   limit $6
     for update of t skip locked
), met as (
  select t.id
    from tasks t
   where t.status = 'queued'
     and exists (select from paused)
     and case when t.deferred_by is null then t.next_eligible_at <= now()
              else t.deferred_by <> all ((select k.ids from keys k)::bigint[]) end
     and (t.agent_id = any ((select k.agents from keys k)::text[])
       or t.skill = any ((select k.skills from keys k)::text[])
       or t.quest_id = any ((select k.quests from keys k)::text[])
       or t.actor_id = any ((select k.actors from keys k)::text[]))
     and ($4::text[] is null or t.agent_id = any ($4::text[]))
     and ($5::text[] is null or t.skill = any ($5::text[]))
   order by t.priority, t.id
   limit $6
     for update of t skip locked
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
    from met m
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
