-- Finds tasks that a pause lets through, and that pass no gate.
-- Written by `npx pnpm sql:print` from the functions of the database; a test keeps it current.
-- $1 for_agents, $2 for_skills, $3 wanted, $4 gated_repos, $5 kept, $6 clock
prepare claim_free_probes (text[], text[], int, text[], jsonb, timestamptz) as
with paused as materialized (
    select p.id, p.scope_kind, p.scope_value, p.also, p.probing_at, p.probe_task_id
      from active_pauses p
     where not exists (select from claim_marker)
  ), probed as materialized (
    select t.ctid as lies_at, t.priority, t.place
      from tasks t
     where t.probe_of > 0
       and coalesce(t.status, '') = 'queued'
       and may_start(t.paused_at, t.next_eligible_at, t.deferred_by, ($6::timestamptz))
       and is_wanted(t.agent_id, t.skill, t.quest_id, t.actor_id, t.repo, ($1::text[]), ($2::text[]), ($5::jsonb))
       and not is_gated(t.repo, ($4::text[]))
       and coalesce((
             select bool_or(p.id = t.probe_of and p.probe_task_id = t.id)
                    and not bool_or(
                      p.id <> t.probe_of
                      and p.probing_at is null
                      and pause_covers(
                        p.scope_kind, p.scope_value, p.also, t.agent_id, t.skill, t.quest_id, t.actor_id))
               from paused p), false)
  ), taken as materialized (
    select t.id, t.repo
      from probed c
      join tasks t on t.ctid = c.lies_at
     where t.probe_of is not null
       and t.status = 'queued'
       and may_start(t.paused_at, t.next_eligible_at, t.deferred_by, ($6::timestamptz))
       and not is_gated(t.repo, ($4::text[]))
     order by c.priority, c.place
     limit ($3::int)
       for update of t skip locked
  )
  select array_agg(x.id),
         array_agg(distinct x.repo collate "C") filter (where x.repo is not null),
         pg_current_snapshot()::text,
         (select max(e.id) from senate_events e where e.type like 'pause.%')
    
    from taken x;

begin;
explain execute claim_free_probes (null, null, 10, null, null, clock_timestamp());
rollback;
deallocate claim_free_probes;
