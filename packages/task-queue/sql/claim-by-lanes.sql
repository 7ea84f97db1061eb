-- The same lane by lane, where most of what is near cannot start.
-- Written by `npx pnpm sql:print` from the functions of the database; a test keeps it current.
-- $1 for_agents, $2 for_skills, $3 wanted, $4 gated_repos, $5 kept, $6 clock, $7 lanes, $8 choice
prepare claim_by_lanes (text[], text[], int, text[], jsonb, timestamptz, int, bigint) as
with paused as materialized (
    select p.scope_kind, p.scope_value, p.also
      from active_pauses p
     where not exists (select from claim_marker)
  ), keys as materialized (
    select coalesce(jsonb_object_agg(p.scope_kind || ' ' || p.scope_value, true) filter (where p.also is null), '{}') as scopes,
           jsonb_agg(p.also || jsonb_build_object(p.scope_kind, p.scope_value))
             filter (where p.also is not null) as pairs
      from paused p
  ), nearest as materialized (
    select l.id, l.priority, l.head
      from task_lanes l
     where not is_gated(l.repo, ($4::text[]))
       and not pauses_cover(
             (select k.scopes from keys k), (select k.pairs from keys k), l.agent_id, l.skill, l.quest_id, l.actor_id)
       and is_wanted(l.agent_id, l.skill, l.quest_id, l.actor_id, l.repo, ($1::text[]), ($2::text[]), ($5::jsonb))
     order by l.priority, l.head
     limit ($7::int) + 1
  ), left_out as materialized (
    select n.priority, n.head from nearest n order by n.priority, n.head offset ($7::int)
  ), near as materialized (
    select n.id, n.priority, n.head,
           coalesce(
             (select case when o.priority = n.priority then o.head end from left_out o), 9223372036854775807) as upto,
           (select greatest(($3::int), ($3::int) * ($8::bigint) / count(*)) from nearest) as depth
      from nearest n
     order by n.priority, n.head
     limit ($7::int)
  ), candidates as materialized (
    select c.lies_at, c.priority, c.place, n.id as lane_id, n.depth
      from near n
     cross join lateral (
           select t.ctid as lies_at, t.priority, t.place
             from tasks t
            where t.lane_id = n.id
              and t.status = 'queued'
              and t.place >= n.head
              and t.place < n.upto
              and may_start(t.paused_at, t.next_eligible_at, t.deferred_by, ($6::timestamptz))
            order by t.place
            limit n.depth) c
  ), taken as materialized (
    select t.id, c.priority, c.place, t.repo
      from (select c.lies_at, c.priority, c.place
              from candidates c
             order by c.priority, c.place
             limit ($3::int) * ($8::bigint)) c
      join tasks t on t.ctid = c.lies_at
     where t.status = 'queued'
       and may_start(t.paused_at, t.next_eligible_at, t.deferred_by, ($6::timestamptz))
       and not pauses_cover(
             (select k.scopes from keys k), (select k.pairs from keys k), t.agent_id, t.skill, t.quest_id, t.actor_id)
       and is_wanted(t.agent_id, t.skill, t.quest_id, t.actor_id, t.repo, ($1::text[]), ($2::text[]), ($5::jsonb))
     order by c.priority, c.place
     limit ($3::int)
       for update of t skip locked
  )
  select array_agg(x.id order by x.priority, x.place),
         (select o.priority from left_out o),
         (select o.head from left_out o),
         (select count(*) from candidates) >= ($3::int) * ($8::bigint)
           or exists (select from candidates c group by c.lane_id, c.depth having count(*) >= c.depth),
         array_agg(distinct x.repo collate "C") filter (where x.repo is not null),
         pg_current_snapshot()::text,
         (select max(e.id) from senate_events e where e.type like 'pause.%')
    
    from taken x;

begin;
explain execute claim_by_lanes (null, null, 10, null, null, clock_timestamp(), 32, 10);
rollback;
deallocate claim_by_lanes;
