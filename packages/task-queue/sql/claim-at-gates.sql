-- Finds the first in line of each open gate, and locks gate and task.
-- Written by `npx pnpm sql:print` from the functions of the database; a test keeps it current.
-- $1 for_agents, $2 for_skills, $3 wanted, $4 gated_repos, $5 kept, $6 clock, $7 end_priority, $8 end_place
prepare claim_at_gates (text[], text[], int, text[], jsonb, timestamptz, smallint, bigint) as
with paused as materialized (
    select p.id, p.scope_kind, p.scope_value, p.also, p.probing_at, p.probe_task_id
      from active_pauses p
     where not exists (select from claim_marker)
  ), keys as materialized (
    select coalesce(jsonb_object_agg(p.scope_kind || ' ' || p.scope_value, true) filter (where p.also is null), '{}') as scopes,
           jsonb_agg(p.also || jsonb_build_object(p.scope_kind, p.scope_value))
             filter (where p.also is not null) as pairs
      from paused p
  ), probed as materialized (
    select t.id
      from tasks t
     where t.probe_of > 0
       and coalesce(t.status, '') = 'queued'
       and coalesce((
             select bool_or(p.id = t.probe_of and p.probe_task_id = t.id)
                    and not bool_or(
                      p.id <> t.probe_of
                      and p.probing_at is null
                      and pause_covers(
                        p.scope_kind, p.scope_value, p.also, t.agent_id, t.skill, t.quest_id, t.actor_id))
               from paused p), false)
  ), taken as materialized (
    select h.id
      from repo_gates g
      join tasks h on h.id = g.head_id
     where g.head_id is not null
       and g.frozen_at is null
       and g.in_progress < g.max_in_progress
       and is_gated(g.repo, ($4::text[]))
       and (not pauses_cover(
             (select k.scopes from keys k), (select k.pairs from keys k), g.agent_id, g.skill, g.quest_id, g.actor_id)
            or g.head_id = any (array(select p.id from probed p)))
       and is_wanted(g.agent_id, g.skill, g.quest_id, g.actor_id, g.repo, ($1::text[]), ($2::text[]), ($5::jsonb))
       and h.status = 'queued'
       and may_start(h.paused_at, h.next_eligible_at, h.deferred_by, ($6::timestamptz))
       and (not pauses_cover(
             (select k.scopes from keys k), (select k.pairs from keys k), h.agent_id, h.skill, h.quest_id, h.actor_id)
            or h.probe_of is not null and h.id = any (array(select p.id from probed p)))
       and is_wanted(h.agent_id, h.skill, h.quest_id, h.actor_id, h.repo, ($1::text[]), ($2::text[]), ($5::jsonb))
       and (($8::bigint) is null
            or (h.priority, h.place) <= (($7::smallint), ($8::bigint))
            or h.id = any (array(select p.id from probed p)))
     order by g.head_priority, g.head_id
     limit ($3::int)
       for no key update of g skip locked
       for update of h skip locked
  )
  select array_agg(x.id), pg_current_snapshot()::text, (select max(e.id) from senate_events e where e.type like 'pause.%')
    
    from taken x;

begin;
explain execute claim_at_gates (null, null, 10, null, null, clock_timestamp(), null, null);
rollback;
deallocate claim_at_gates;
