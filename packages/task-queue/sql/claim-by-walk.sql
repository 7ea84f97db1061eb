-- Finds tasks along the queue and locks them. It reads the pauses itself and names claim_marker (P1, P2).
-- Written by `npx pnpm sql:print` from the functions of the database; a test keeps it current.
-- $1 for_agents, $2 for_skills, $3 wanted, $4 gated_repos, $5 kept, $6 clock, $7 walk_max
prepare claim_by_walk (text[], text[], int, text[], jsonb, timestamptz, int) as
with paused as materialized (
      select p.scope_kind, p.scope_value, p.also
        from active_pauses p
       where not exists (select from claim_marker)
    ), keys as materialized (
      select coalesce(jsonb_object_agg(p.scope_kind || ' ' || p.scope_value, true) filter (where p.also is null), '{}') as scopes,
             jsonb_agg(p.also || jsonb_build_object(p.scope_kind, p.scope_value))
               filter (where p.also is not null) as pairs
        from paused p
    ), ahead as materialized (
      select l.priority, l.head
        from task_lanes l
       where not is_gated(l.repo, ($4::text[]))
         and not pauses_cover(
               (select k.scopes from keys k), (select k.pairs from keys k), l.agent_id, l.skill, l.quest_id, l.actor_id)
         and is_wanted(l.agent_id, l.skill, l.quest_id, l.actor_id, l.repo, ($1::text[]), ($2::text[]), ($5::jsonb))
       order by l.priority, l.head
       limit 1
    ), walked as materialized (
      select t.id, c.priority, c.place
        from (select w.ctid as lies_at, w.priority, w.place
                from tasks w
               where w.status = 'queued'
                 and w.repo is null
                 and (w.priority, w.place) >= ((select a.priority from ahead a), (select a.head from ahead a))
               order by w.priority, w.place
               limit ($7::int)) c
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
    select f.ids, e.priority, e.place, pg_current_snapshot()::text,
           (select max(s.id) from senate_events s where s.type like 'pause.%')
      
      from (select array_agg(w.id order by w.priority, w.place) as ids, count(*) as number from walked w) f
      left join lateral (
           select w.priority, w.place
             from tasks w
            where w.status = 'queued'
              and w.repo is null
              and (w.priority, w.place) >= ((select a.priority from ahead a), (select a.head from ahead a))
              and f.number < ($3::int)
            order by w.priority, w.place
            limit 1 offset ($7::int) - 1) e on true;

begin;
explain execute claim_by_walk (null, null, 10, null, null, clock_timestamp(), 1000);
rollback;
deallocate claim_by_walk;
