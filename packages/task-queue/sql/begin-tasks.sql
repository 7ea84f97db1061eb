-- Begins what was found: all of it is locked.
-- Written by `npx pnpm sql:print` from the functions of the database; a test keeps it current.
-- $1 worker, $2 orchestra_turn.host, $3 process, $4 wanted, $5 gated_repos, $6 lease_seconds, $7 picked, $8 seen, $9 known_event, $10 probe_ids, $11 probes_seen, $12 probes_event, $13 gate_ids, $14 gates_seen, $15 gates_event
prepare begin_tasks (text, text, jsonb, int, text[], float8, bigint[], text, bigint, bigint[], text, bigint, bigint[], text, bigint) as
with found as materialized (
      select f.id, f.nth, (select k.ctid from tasks k where k.id = f.id) as lies_at
        from unnest(($7::bigint[])) with ordinality as f(id, nth)
    ), begun as (
      update tasks t
         set status = 'running',
             run_id = run_id_of(($3::jsonb) ->> 'owner'),
             worker_id = ($1::text),
             host = ($2::text),
             pid = (($3::jsonb) ->> 'pid')::int,
             boot_id = (($3::jsonb) ->> 'boot_id')::uuid,
             pid_namespace = ($3::jsonb) ->> 'pid_namespace',
             process_started = (($3::jsonb) ->> 'process_started')::bigint,
             started_at = clock_timestamp(),
             heartbeat_at = clock_timestamp(),
             attempt = t.attempt + 1,
             deferred_by = null,
             prefetched = f.nth > coalesce((($3::jsonb) ->> 'begins')::int, ($4::int)),
             admitted_under = case when f.id = any (($10::bigint[])) then ($12::bigint)
                                   when f.id = any (($13::bigint[])) then ($15::bigint)
                                   else ($9::bigint) end
        from found f
       where t.ctid = f.lies_at
      returning f.nth, t.id, t.run_id, t.repo, t.agent_id, t.skill, t.quest_id, t.actor_id, t.priority, t.payload,
                t.attempt, t.max_attempts, t.cursor, t.questions, t.answer, t.probe_of, t.pipeline, t.stage,
                t.admitted_under
    ), events as (
      insert into event_batches (
        kind, by, task_ids, run_ids, shared, each, attempts, agent_ids, skills, quest_ids, actor_ids)
      select 'claimed', ($1::text), array_agg(b.id), array_agg(b.run_id),
             jsonb_build_object('host', ($2::text), 'pid', ($3::jsonb) -> 'pid',
               'admitted_under', ($9::bigint)::text, 'snapshot', ($8::text), 'cluster', (select known_cluster_id())),
             case when bool_or(b.probe_of is not null or b.is_ungated or b.later_seen is not null) then jsonb_agg(
               case when b.probe_of is null then '{}' else jsonb_build_object('probe_of', b.probe_of::text) end
               || case when b.is_ungated then jsonb '{"gated": false}' else '{}' end
               || case when b.later_seen is null then '{}'
                       else jsonb_build_object(
                              'admitted_under', b.admitted_under::text, 'snapshot', b.later_seen) end) end,
             array_agg(b.attempt),
             case when count(b.agent_id) > 0 then array_agg(b.agent_id) end,
             case when count(b.skill) > 0 then array_agg(b.skill) end,
             case when count(b.quest_id) > 0 then array_agg(b.quest_id) end,
             case when count(b.actor_id) > 0 then array_agg(b.actor_id) end
        from (select n.*, n.repo is not null and not is_gated(n.repo, ($5::text[])) as is_ungated,
                     case when n.id = any (($10::bigint[])) then ($11::text)
                          when n.id = any (($13::bigint[])) then ($14::text) end as later_seen
                from begun n
               order by n.nth) b
      having count(*) > 0
    )
    select coalesce(json_agg(told order by b.nth), '[]')::text, count(*)
      
      from begun b
     cross join lateral (
           select b.id::text, b.run_id, b.repo, b.agent_id, b.skill, b.quest_id, b.actor_id, b.priority, b.payload,
                  b.attempt, b.max_attempts, b.cursor, b.questions, b.answer, b.probe_of::text, b.pipeline, b.stage,
                  ($6::float8)) told;

begin;
explain execute begin_tasks ('w-1', null, '{}', 10, null, null, '{}', null, null, null, null, null, null, null, null);
rollback;
deallocate begin_tasks;
