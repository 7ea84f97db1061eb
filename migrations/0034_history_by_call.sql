-- Brings a history of one row for each call instead of one for each task (docs/decisions/0057). What a call did to many
-- tasks is one row of event_batches; what happened to a single task stays a row of its own. `task_events` is a view
-- over
-- both: reading it and inserting into it work as before.
-- Nothing is rewritten. Services of the previous version keep working: they call the functions below.

alter table task_events rename to task_event_rows;
-- A batch numbers its events from its own id, so ids leave room: 1,024 is more than a call may bring or claim.
do $$
begin
  execute format('alter table task_event_rows alter column id set increment by 1024 restart with %s',
    (coalesce((select max(e.id) from task_event_rows e), 0) / 1024 + 1) * 1024);
end $$;

-- What one call did. The event of the n-th task has the id id + n - 1; its data is `shared`, the n-th of `each`, and of a
-- claim attempt and labels; without `shared` there is none.
create table event_batches (
  id bigint primary key default nextval('task_events_id_seq'),
  at timestamptz not null default now(),
  kind text not null,
  by text not null,
  -- 0 in the place of a task that has been forgotten
  task_ids bigint[] not null,
  -- null: the events are of no run
  run_ids uuid[],
  shared jsonb,
  -- null: nothing that is not shared
  each jsonb,
  -- Of claims: which attempt each run is, and what its task carried. As arrays they are a third as large as in `each`; a
  -- label that no task of the batch carries has none.
  attempts int[],
  agent_ids text[],
  skills text[],
  quest_ids text[],
  actor_ids text[],
  check (cardinality(task_ids) between 1 and 1024)
);
-- The list of pending entries is short, because every search for a task reads all of it.
create index event_batches_task on event_batches using gin (task_ids) with (gin_pending_list_limit = 128);
-- The ends of runs, as in task_event_rows' index, and of tasks that ended without one.
create index event_batches_ended on event_batches (at)
 where kind in ('completed', 'failed', 'released', 'reaped', 'cancelled');

-- The events of a batch. The planner inlines this function, and those below, into the statement that calls them.
create function events_of_batch(b event_batches)
returns table (id bigint, task_id bigint, run_id uuid, kind text, at timestamptz, by text, data jsonb)
language sql stable parallel safe as $$
  select b.id + u.n - 1, u.task_id, b.run_ids[u.n], b.kind, b.at, b.by,
         b.shared || coalesce(b.each -> (u.n - 1)::int, '{}')
         || case when b.attempts is null then '{}' else jsonb_build_object(
              'attempt', b.attempts[u.n],
              'labels', jsonb_strip_nulls(jsonb_build_object(
                'agent_id', b.agent_ids[u.n], 'skill', b.skills[u.n],
                'quest_id', b.quest_ids[u.n], 'actor_id', b.actor_ids[u.n]))) end
    from unnest(b.task_ids) with ordinality as u(task_id, n)
   where u.task_id > 0 $$;

-- Everything that happened to tasks. To look for one task, or for recent events, call the functions below: they use an
-- index.
create view task_events as
select e.id, e.task_id, e.run_id, e.kind, e.at, e.by, e.data from task_event_rows e
 union all
select v.id, v.task_id, v.run_id, v.kind, v.at, v.by, v.data from event_batches b cross join lateral events_of_batch(b) v;
alter view task_events alter column at set default now();

create function events_of_task(of_task bigint) returns setof task_events
language sql stable parallel safe as $$
  select e.id, e.task_id, e.run_id, e.kind, e.at, e.by, e.data from task_event_rows e where e.task_id = of_task
   union all
  select v.id, v.task_id, v.run_id, v.kind, v.at, v.by, v.data
    from event_batches b
   cross join lateral events_of_batch(b) v
   where b.task_ids @> array[of_task] and v.task_id = of_task $$;

-- The ends of runs since then, those that its index knows.
create function ends_since(since timestamptz) returns setof task_events
language sql stable parallel safe as $$
  select e.id, e.task_id, e.run_id, e.kind, e.at, e.by, e.data from task_event_rows e
   where e.kind in ('completed', 'failed', 'released', 'reaped') and e.at > since
   union all
  select v.id, v.task_id, v.run_id, v.kind, v.at, v.by, v.data from event_batches b cross join lateral events_of_batch(b) v
   where b.kind in ('completed', 'failed', 'released', 'reaped') and b.at > since $$;

-- The newest batches that hold this number of events together; the last one may exceed the number.
create function newest_batches(events int, of_kinds text[], first_id bigint) returns setof event_batches
language sql stable parallel safe as $$
  select (n.batch).*
    from (select b as batch, sum(cardinality(b.task_ids)) over (order by b.id desc) - cardinality(b.task_ids) as newer
            from event_batches b
           where b.kind = any (of_kinds) and b.id >= first_id
           order by b.id desc
           limit events) n
   where n.newer < events $$;

-- Deletes all events of these tasks and returns their number. In a batch that also holds other tasks, their places stay
-- and are emptied. The caller needs the right to delete from task_events.
create function forget_events(of_tasks bigint[]) returns bigint
language plpgsql security definer set search_path from current as $$
declare
  forgotten bigint;
  more bigint;
begin
  if not has_table_privilege(session_user, 'task_events', 'delete') then
    raise insufficient_privilege using message = 'permission denied for view task_events';
  end if;

  delete from task_event_rows e where e.task_id = any (of_tasks);
  get diagnostics forgotten = row_count;

  with left_over as materialized (
    select b.id, count(*) filter (where u.goes) as forgotten,
           array_agg(case when u.goes then 0 else u.task_id end order by u.n) as task_ids,
           case when b.each is not null then jsonb_agg(
             case when u.goes then 'null' else b.each -> (u.n - 1)::int end order by u.n) end as each,
           array_agg(case when not u.goes then b.agent_ids[u.n] end order by u.n) as agent_ids,
           array_agg(case when not u.goes then b.skills[u.n] end order by u.n) as skills,
           array_agg(case when not u.goes then b.quest_ids[u.n] end order by u.n) as quest_ids,
           array_agg(case when not u.goes then b.actor_ids[u.n] end order by u.n) as actor_ids
      from event_batches b
     cross join lateral (
           select i.task_id, i.n, i.task_id = any (of_tasks) as goes
             from unnest(b.task_ids) with ordinality as i(task_id, n)) u
     where b.task_ids && of_tasks
     group by b.id
  ), emptied as (
    delete from event_batches b using left_over l where b.id = l.id and 0 = all (l.task_ids)
  ), shortened as (
    update event_batches b
       set task_ids = l.task_ids, each = l.each,
           agent_ids = l.agent_ids, skills = l.skills, quest_ids = l.quest_ids, actor_ids = l.actor_ids
      from left_over l
     where b.id = l.id and not 0 = all (l.task_ids)
  )
  select coalesce(sum(l.forgotten), 0) into more from left_over l;
  return forgotten + more;
end $$;

-- An event that is inserted into the view, by services of the previous version or by hand, becomes a row.
create function task_event_is_added() returns trigger language plpgsql as $$
begin
  insert into task_event_rows (task_id, run_id, kind, at, by, data)
  values (new.task_id, new.run_id, new.kind, coalesce(new.at, now()), new."by", new.data)
  returning id into new.id;
  return new;
end $$;
create trigger task_events_are_added instead of insert on task_events
  for each row execute function task_event_is_added();

-- Ends runs of any kind, also those whose tasks have stages, and those that their environment or a passing disturbance
-- has stopped: ending and transition are this one statement, with the fence in it. orchestra_turn calls it for lists of
-- endings that bring any of these; tasks without a stage end as they do there.
--
-- Tasks are locked first, and what becomes of each is worked out from the row as it is then: a change by hand that this
-- had to wait for counts. Only a task that moves is given a stage and a skill. `nextStep` says the same in TypeScript.
create or replace function end_staged_runs(endings jsonb, rules jsonb) returns json language plpgsql volatile as $$
declare
  retry_delays constant int[] := array(select jsonb_array_elements_text(rules -> 'retry_delays')::int);
  -- of which a random half is taken off
  transient_delays constant int[] := array(select jsonb_array_elements_text(rules -> 'transient_delays')::int);
  transient_retries constant int := (rules ->> 'transient_retries')::int;
  transitions constant jsonb := rules -> 'transitions';
  ended json;
begin
  with given_ids as materialized (
    select (g.item ->> 'id')::bigint as id from jsonb_array_elements(endings) as g(item)
  ), locked as materialized (
    select t.id, t.repo, t.priority, t.agent_id, t.skill, t.quest_id, t.actor_id, t.pipeline, t.stage, t.attempt, t.max_attempts, t.transient_failures
      from tasks t
     where t.id = any (array(select x.id from given_ids x))
       and coalesce(t.status, '') = 'running'
     order by t.id
       for no key update of t
  ), brought as materialized (
    select g.n::int as n,
           (g.item ->> 'run_id')::uuid as run_id,
           g.item ->> 'as' as kind,
           nullif(g.item -> 'result', 'null') as result,
           nullif(g.item -> 'cursor', 'null') as cursor,
           g.item ->> 'error' as error,
           g.item ->> 'cause' as cause,
           jsonb_build_object('says', g.item ->> 'says', 'fix', g.item ->> 'fix', 'evidence', nullif(g.item -> 'evidence', 'null')) as evidence,
           coalesce((g.item ->> 'retry')::boolean, true) and t.attempt < t.max_attempts as attempts_left,
           t.id, t.repo, t.priority, t.agent_id, t.skill, t.quest_id, t.actor_id, t.pipeline, t.stage, t.transient_failures,
           transitions -> t.pipeline -> t.stage as step
      from jsonb_array_elements(endings) with ordinality as g(item, n)
      join locked t on t.id = (g.item ->> 'id')::bigint
  ), judged as materialized (
    select b.*,
           case b.kind
             when 'completed' then case when b.pipeline is null or b.step -> 'pass' ->> 'stage' = 'done' then 'succeeded' when b.step is null then 'held' else 'queued' end
             when 'failed' then case when not b.attempts_left then 'failed' when b.pipeline is not null and b.step is null then 'held' else 'queued' end
             when 'held' then 'held'
             when 'retried' then case when b.transient_failures < transient_retries then 'queued' else 'held' end
             else 'queued' end as becomes,
           case when b.kind = 'completed' then b.step -> 'pass'
                when b.kind = 'failed' and b.attempts_left then b.step -> 'fail' end as goes_to
      from brought b
  ), made as materialized (
    select count(lane_for(k.priority, k.repo, k.agent_id, k.skill, k.quest_id, k.actor_id)) as lanes
      from (select distinct r.priority, r.repo, r.agent_id, r.skill, r.quest_id, r.actor_id,
                   lane_key(r.priority, r.repo, r.agent_id, r.skill, r.quest_id, r.actor_id) as key
              from (select j.priority, j.repo, j.agent_id,
                           case when j.goes_to ->> 'stage' <> j.stage then coalesce(j.goes_to ->> 'skill', j.skill) else j.skill end as skill,
                           j.quest_id, j.actor_id
                      from judged j
                     where j.becomes = 'queued') r
             order by key) k
  ), given as materialized (
    select j.n, j.run_id, j.kind, j.result, j.cursor, j.error, j.cause, j.id, j.becomes, j.goes_to ->> 'stage' as stage, j.goes_to ->> 'skill' as skill,
           coalesce(j.goes_to ->> 'stage' <> j.stage, false) as moves,
           case when j.becomes <> 'held' then null
                when j.kind in ('held', 'retried') then j.evidence || jsonb_build_object('retries', j.transient_failures)
                else jsonb_build_object(
                  'says', format('the pipeline %s has no stage %s (any more), so nobody can say where this task goes', j.pipeline, j.stage),
                  'fix', 'declare that stage again in the stages file (ORCHESTRA_STAGES) and restart worker-claimer; then let the task go on, and this stage is run once more',
                  'evidence', null, 'retries', j.transient_failures) end as evidence
      from judged j
  ), changed as (
    update tasks t
       set status = g.becomes,
           stage = case when g.moves then g.stage else t.stage end,
           skill = case when g.moves then coalesce(g.skill, t.skill) else t.skill end,
           last_outcome = case g.kind when 'completed' then 'passed' when 'failed' then 'failed' when 'held' then 'environment' when 'retried' then 'transient'
                                      else t.last_outcome end,
           -- Each stage counts its own failed runs until it is passed. One that holds its task, or hands it back, has used none.
           attempt = case when g.moves and g.becomes = 'queued' then coalesce((t.stage_attempts ->> g.stage)::int, 0)
                          when g.becomes = 'held' or g.kind in ('released', 'retried') then greatest(t.attempt - 1, 0)
                          else t.attempt end,
           stage_attempts = case when not g.moves then t.stage_attempts
                                 when g.kind = 'completed' then nullif(t.stage_attempts - t.stage, '{}')
                                 else coalesce(t.stage_attempts, '{}') || jsonb_build_object(t.stage, t.attempt) end,
           transient_failures = case when g.kind in ('completed', 'failed') and g.becomes <> 'held' then 0
                                     when g.kind = 'retried' and g.becomes = 'queued' then t.transient_failures + 1
                                     else t.transient_failures end,
           next_eligible_at = case
             when g.becomes not in ('queued', 'failed') then t.next_eligible_at
             when g.kind = 'failed' and not g.moves then now() + make_interval(secs => retry_delays[least(t.attempt, array_length(retry_delays, 1))])
             when g.kind = 'retried' then now() + make_interval(secs => transient_delays[least(t.transient_failures + 1, array_length(transient_delays, 1))] * (0.5 + random() / 2))
             else now() end,
           result = case g.kind when 'completed' then g.result when 'failed' then coalesce(g.result, t.result) else t.result end,
           cursor = case when g.moves then null when g.kind in ('released', 'held', 'retried') then coalesce(g.cursor, t.cursor) else t.cursor end,
           held_evidence = g.evidence,
           run_id = null, pid = null, started_at = null, heartbeat_at = null,
           boot_id = null, pid_namespace = null, process_started = null, prefetched = false
      from given g
     where t.id = g.id
       and t.id = any (array(select x.id from given x))
       and t.run_id = g.run_id
       and coalesce(t.status, '') = 'running'
       and (select m.lanes from made m) >= 0
    returning g.n, g.run_id, g.kind, t.id, t.worker_id, t.status,
              case when t.status = 'queued' then t.next_eligible_at end as next_eligible_at,
              case g.kind when 'failed' then jsonb_build_object('error', g.error, 'attempt', t.attempt, 'output', g.result)
                          when 'released' then jsonb_build_object('cause', g.cause, 'cursor', t.cursor)
                          when 'completed' then '{}'
                          else jsonb_build_object('retries', t.transient_failures) end
                || coalesce(g.evidence, '{}') as data
  ), events as (
    insert into event_batches (kind, by, task_ids, run_ids, shared, each)
    select case when c.kind = 'retried' and c.status = 'held' then 'held' else c.kind end, coalesce(c.worker_id, acting_person()),
           array_agg(c.id), array_agg(c.run_id), jsonb_build_object('status', c.status, 'as', c.kind),
           jsonb_agg(c.data || jsonb_build_object('next_eligible_at', c.next_eligible_at))
      from changed c
     group by c.kind, c.status, c.worker_id
  ), counted as (
    insert into task_totals (succeeded, failed, cancelled)
    select count(*) filter (where c.status = 'succeeded'), count(*) filter (where c.status = 'failed'), 0
      from changed c
     where c.status in ('succeeded', 'failed')
    having count(*) > 0
  )
  select json_agg(json_build_object('n', c.n, 'status', c.status, 'next_eligible_at', c.next_eligible_at))
    into ended
    from changed c;
  return ended;
end $$;

-- Ends runs, then claims: one call, one commit. Both parts are statements of their own, so that the claim takes the
-- lock on claim_marker before its own snapshot, which is also newer than whatever the endings have waited for (P1, P2).
-- Never read the pauses by another statement, and keep the function volatile: a stable one reads with the snapshot of
-- its caller.
--
-- endings        [{"id", "run_id", "as", …}]; null: none. Each is accepted or left out of `ended`.
-- rules          {"retry_delays", "transient_delays": [seconds], "transient_retries": n, "transitions": {pipeline: {stage: …}}}
--                as text: it is looked into only for endings that need it
-- process        {"owner", "pid", "boot_id", "pid_namespace", "process_started", "begins"}; `begins`: so many of the
--                tasks begin at once
-- for_agents, for_skills  of which agents and skills; null: any
-- wanted         how many tasks at most; null: nothing is claimed
-- gated_repos    for which the serial gate holds; null: for all
-- kept           see is_wanted
-- lanes          how many lanes to look at; null: it walks the queue (docs/decisions/0014)
create or replace function orchestra_turn(
  endings jsonb, rules text, worker text, host text, process jsonb, for_agents text[], for_skills text[], wanted int,
  gated_repos text[], kept jsonb, lanes int, lease_seconds float8,
  -- [{"n", "status", "next_eligible_at"}]: which endings were accepted, counted from 1, and what became of their tasks
  out ended json,
  -- the text of a JSON array
  out tasks text,
  out claimed int,
  -- there may be more behind what was looked at
  out cut_short boolean,
  -- tasks of repos that were added for later have become due, and stand in no line yet
  out some_are_due boolean
) language plpgsql volatile as $$
declare
  -- So many tasks a walk looks at before it gives up. Beyond this the lanes are cheaper, however few of them are open.
  walk_max constant int := 1000;
  -- Candidates for each task wanted: so many claims at a time find tasks that no other claim has locked. Who looks at
  -- more lanes also looks deeper into each of them.
  choice constant bigint := greatest(10, lanes::bigint * 10 / 32);
  clock timestamptz;
begin
  -- Until it returns. As a setting of the function itself, only a superuser could make it.
  perform set_config('orchestra.counts_itself', 'on', true);
  if endings <> '[]' then
    -- Tasks are locked by id, then missing lanes are made, by their keys; gates and lanes are the triggers' business
    -- (docs/locking.md). A single ending needs no such steps. The status is asked for in a way that offers no index: by
    -- that of the running tasks, which the planner believes to be none, each of them would be compared with each ending.
    with given as materialized (
      select g.n::int as n,
             (g.item ->> 'id')::bigint as id,
             (g.item ->> 'run_id')::uuid as run_id,
             g.item ->> 'as' as kind,
             nullif(g.item -> 'result', 'null') as result,
             nullif(g.item -> 'cursor', 'null') as cursor,
             g.item ->> 'error' as error,
             (g.item ->> 'retry')::boolean as retry,
             g.item ->> 'cause' as cause
        from jsonb_array_elements(endings) with ordinality as g(item, n)
    ), staged as materialized (
      -- what the statement below this one is for
      select from given g where g.kind in ('held', 'retried')
       union all
      select from tasks t where t.id = any (array(select x.id from given x)) and t.pipeline is not null
    ), locked as materialized (
      select t.id, t.run_id, t.priority, t.repo, t.agent_id, t.skill, t.quest_id, t.actor_id
        from tasks t
       where t.id = any (array(select x.id from given x))
         and coalesce(t.status, '') = 'running'
         and (select count(*) from given) > 1
         and not exists (select from staged)
       order by t.id
         for no key update of t
    ), made as materialized (
      select count(lane_for(k.priority, k.repo, k.agent_id, k.skill, k.quest_id, k.actor_id)) as lanes
        from (select distinct l.priority, l.repo, l.agent_id, l.skill, l.quest_id, l.actor_id,
                     lane_key(l.priority, l.repo, l.agent_id, l.skill, l.quest_id, l.actor_id) as key
                from locked l
                join given g on g.id = l.id and g.run_id = l.run_id
               where g.kind <> 'completed'
               order by key) k
    ), changed as (
      update tasks t
         set status = case when g.kind = 'completed' then 'succeeded'
                           when g.kind = 'failed' and not (g.retry and t.attempt < t.max_attempts) then 'failed'
                           else 'queued' end,
             attempt = case when g.kind = 'released' then greatest(t.attempt - 1, 0) else t.attempt end,
             next_eligible_at = case g.kind
               when 'failed' then now() + make_interval(secs => (rules::jsonb -> 'retry_delays' ->> least(t.attempt, jsonb_array_length(rules::jsonb -> 'retry_delays')) - 1)::int)
               when 'released' then now()
               else t.next_eligible_at end,
             result = case g.kind when 'completed' then g.result when 'failed' then coalesce(g.result, t.result) else t.result end,
             cursor = case g.kind when 'released' then coalesce(g.cursor, t.cursor) else t.cursor end,
             run_id = null, pid = null, started_at = null, heartbeat_at = null,
             boot_id = null, pid_namespace = null, process_started = null, prefetched = false
        from given g
       where t.id = g.id
         and t.id = any (array(select x.id from given x))
         and t.run_id = g.run_id
         and coalesce(t.status, '') = 'running'
         and (select m.lanes from made m) >= 0
         and not exists (select from staged)
      returning g.n, g.run_id, g.kind, t.id, t.worker_id, t.status,
                case when t.status = 'queued' then t.next_eligible_at end as next_eligible_at,
                case g.kind when 'failed' then jsonb_build_object('error', g.error, 'attempt', t.attempt, 'output', g.result)
                            when 'released' then jsonb_build_object('cause', g.cause, 'cursor', t.cursor)
                            else '{}' end as data
    ), events as (
      insert into event_batches (kind, by, task_ids, run_ids, shared, each)
      select c.kind, coalesce(c.worker_id, acting_person()), array_agg(c.id), array_agg(c.run_id),
             jsonb_build_object('status', c.status, 'next_eligible_at', null),
             case when c.kind <> 'completed' then jsonb_agg(c.data || jsonb_build_object('next_eligible_at', c.next_eligible_at)) end
        from changed c
       group by c.kind, c.status, c.worker_id
    ), counted as (
      insert into task_totals (succeeded, failed, cancelled)
      select count(*) filter (where c.status = 'succeeded'), count(*) filter (where c.status = 'failed'), 0
        from changed c
       where c.status <> 'queued'
      having count(*) > 0
    )
    select json_agg(json_build_object('n', c.n, 'status', c.status, 'next_eligible_at', c.next_eligible_at))
      into ended
      from changed c;

    if ended is null then
      ended := end_staged_runs(endings, rules::jsonb);
    end if;
  end if;

  if wanted is null then
    perform set_config('orchestra.counts_itself', 'off', true);
    return;
  end if;

  -- What was added while the endings waited for a lock is due as well (P9).
  clock := clock_timestamp();

  with paused as materialized (
    select p.id, p.scope_kind, p.scope_value, p.probing_at, p.probe_task_id
      from active_pauses p
     where not exists (select from claim_marker)
  ), keys as materialized (
    -- one jsonb object: about its content the planner guesses nothing; for an array it would sort the whole queue
    select coalesce(jsonb_object_agg(p.scope_kind || ' ' || p.scope_value, true), '{}') as scopes
      from paused p
  ), nearest as materialized (
    -- the lanes that it may take from, nearest head first, but those whose tasks pass the serial gate
    select l.id, l.priority, l.head
      from task_lanes l
     where not is_gated(l.repo, gated_repos)
       and not scopes_cover((select k.scopes from keys k), l.agent_id, l.skill, l.quest_id, l.actor_id)
       and is_wanted(l.agent_id, l.skill, l.quest_id, l.actor_id, l.repo, for_agents, for_skills, kept)
     order by l.priority, l.head
     limit coalesce(lanes, 0) + 1
  ), ahead as materialized (
    -- Where the walk begins. What lies before has ended, and would be walked past as long as anybody's old snapshot
    -- keeps the rows from being cleaned up; or it is paused, however much of it there is.
    select n.priority, n.head from nearest n where lanes is null
  ), walked as materialized (
    -- Of each candidate the newest version is locked and looked at once more. It is found again by where it lies, which
    -- within one statement cannot change: no row that its snapshot sees is ever moved or cleaned up. A row that was
    -- changed between the snapshot and the lock lies elsewhere then, where the update cannot see it.
    select t.ctid as lies_at, t.priority, t.place, t.repo
      from (select w.ctid as lies_at, w.priority, w.place
              from tasks w
             where w.status = 'queued'
               and w.repo is null
               and (w.priority, w.place) >= ((select a.priority from ahead a), (select a.head from ahead a))
             order by w.priority, w.place
             limit walk_max) c
      join tasks t on t.ctid = c.lies_at
     where lanes is null
       and t.status = 'queued'
       and may_start(t.paused_at, t.next_eligible_at, t.deferred_by, clock)
       and not scopes_cover((select k.scopes from keys k), t.agent_id, t.skill, t.quest_id, t.actor_id)
       and is_wanted(t.agent_id, t.skill, t.quest_id, t.actor_id, t.repo, for_agents, for_skills, kept)
     order by c.priority, c.place
     limit wanted
       for update of t skip locked
  ), left_out as materialized (
    -- A head is a lower bound: what stands before the head of the first lane left out is in its right order. What stands
    -- behind may not be, and is left for the next look.
    select n.priority, n.head from nearest n where lanes is not null order by n.priority, n.head offset lanes
  ), near as materialized (
    select n.id, n.priority, n.head,
           coalesce((select case when o.priority = n.priority then o.head end from left_out o), 9223372036854775807) as upto,
           -- of few lanes many tasks each, of many lanes few
           (select greatest(wanted, wanted * choice / count(*)) from nearest) as depth
      from nearest n
     where lanes is not null
     order by n.priority, n.head
     limit lanes
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
              and may_start(t.paused_at, t.next_eligible_at, t.deferred_by, clock)
            order by t.place
            limit n.depth) c
  ), from_lanes as materialized (
    select t.ctid as lies_at, t.priority, t.place, t.repo
      from (select c.lies_at, c.priority, c.place from candidates c order by c.priority, c.place limit wanted * choice) c
      join tasks t on t.ctid = c.lies_at
     where lanes is not null
       and t.status = 'queued'
       and may_start(t.paused_at, t.next_eligible_at, t.deferred_by, clock)
       and not scopes_cover((select k.scopes from keys k), t.agent_id, t.skill, t.quest_id, t.actor_id)
       and is_wanted(t.agent_id, t.skill, t.quest_id, t.actor_id, t.repo, for_agents, for_skills, kept)
     order by c.priority, c.place
     limit wanted
       for update of t skip locked
  ), ready as materialized (
    select w.lies_at, w.priority, w.place, w.repo from walked w
     union all
    select l.lies_at, l.priority, l.place, l.repo from from_lanes l
  ), probed as materialized (
    -- Tasks that their pause lets through: it names them, and they it. Every other pause that covers one holds it all
    -- the same, unless that one probes too, and so lets go by the same run. Found by an index that holds one entry for
    -- each pause that probes: the status is asked for in a way that offers no other. The pauses are looked through for
    -- each of those tasks, and not the other way round: hence an aggregate, which is never made into a join.
    select t.ctid as lies_at, t.priority, t.place
      from tasks t
     where t.probe_of > 0
       and coalesce(t.status, '') = 'queued'
       and may_start(t.paused_at, t.next_eligible_at, t.deferred_by, clock)
       and is_wanted(t.agent_id, t.skill, t.quest_id, t.actor_id, t.repo, for_agents, for_skills, kept)
       and coalesce((
             select bool_or(p.id = t.probe_of and p.probe_task_id = t.id)
                    and not bool_or(
                      p.id <> t.probe_of
                      and p.probing_at is null
                      and coalesce(case p.scope_kind when 'actor' then t.actor_id
                                                     when 'agent' then t.agent_id
                                                     when 'skill' then t.skill
                                                     when 'quest' then t.quest_id end = p.scope_value, false))
               from paused p), false)
  ), free_probes as materialized (
    -- A probe is not left for later where a search was cut short: there is one, and everything else of its scope waits
    -- for it. The few candidates are found first: asked for in their order, they would be looked for along the queue.
    select t.ctid as lies_at, t.priority, t.place, t.repo
      from probed c
      join tasks t on t.ctid = c.lies_at
     where t.probe_of is not null
       and t.status = 'queued'
       and may_start(t.paused_at, t.next_eligible_at, t.deferred_by, clock)
       and not is_gated(t.repo, gated_repos)
     order by c.priority, c.place
     limit wanted
       for update of t skip locked
  ), ungated as materialized (
    -- Gates are locked in one order (docs/locking.md): first those for which the claim may have to wait, by name. These
    -- are gates of repos for which the serial gate does not hold: the triggers count the tasks there, and would lock
    -- them only after the gates below.
    select count(lock_gate(u.repo)) as gates
      from (select distinct r.repo collate "C" as repo
              from (select y.repo from ready y
                     union all
                    select f.repo from free_probes f) r
             where r.repo is not null
             order by 1) u
  ), at_gates as materialized (
    -- The serial gate: of each repo whose gate is open the first in line, nearest first, with gate and task locked. The
    -- lock is held until the commit, and the update below counts the task at its gate (by trigger) before that. Another
    -- claim passes over a locked gate; one that comes later, with an older snapshot, finds that the gate's row has
    -- changed and looks at the conditions once more on its newest version: the head is another task then, or the gate
    -- is full. A claim waits for nobody here.
    select h.ctid as lies_at, h.priority, h.place
      from repo_gates g
      join tasks h on h.id = g.head_id
     where g.head_id is not null
       and g.frozen_at is null
       and g.in_progress < g.max_in_progress
       and is_gated(g.repo, gated_repos)
       -- the same of the gate's copy of its labels: without it, each gate with a paused head would cost a look at a task
       and not scopes_cover((select k.scopes from keys k), g.agent_id, g.skill, g.quest_id, g.actor_id)
       and is_wanted(g.agent_id, g.skill, g.quest_id, g.actor_id, g.repo, for_agents, for_skills, kept)
       and h.status = 'queued'
       and may_start(h.paused_at, h.next_eligible_at, h.deferred_by, clock)
       and not scopes_cover((select k.scopes from keys k), h.agent_id, h.skill, h.quest_id, h.actor_id)
       and is_wanted(h.agent_id, h.skill, h.quest_id, h.actor_id, h.repo, for_agents, for_skills, kept)
       -- needs no row of this step, so it is looked at before anything is locked
       and (select u.gates from ungated u) >= 0
     order by g.head_priority, g.head_id
     limit wanted
       for no key update of g skip locked
       for update of h skip locked
  ), gated_probes as materialized (
    -- Strict: only the first in line may be one. Written so that no partial index of gates comes into question: each
    -- would be walked through, and the one gate is found by its name.
    select t.ctid as lies_at, t.priority, t.place
      from probed c
      join tasks t on t.ctid = c.lies_at
     cross join lateral (
           select from repo_gates g
            where g.repo = t.repo
              and g.head_id is not distinct from t.id
              and (g.frozen_at is null) is true
              and (g.in_progress < g.max_in_progress) is true
              for no key update of g skip locked) g
     where t.probe_of is not null
       and t.status = 'queued'
       and may_start(t.paused_at, t.next_eligible_at, t.deferred_by, clock)
       and is_gated(t.repo, gated_repos)
       and (select u.gates from ungated u) >= 0
     order by c.priority, c.place
     limit wanted
       for update of t skip locked
  ), search_end as materialized (
    -- Where a search that was cut short has ended. Read only where that matters: a walk has to go all its way for it.
    select w.priority, w.place
      from (select w.priority, w.place
              from tasks w
             where w.status = 'queued'
               and w.repo is null
               and (w.priority, w.place) >= ((select a.priority from ahead a), (select a.head from ahead a))
             order by w.priority, w.place
             limit 1 offset walk_max - 1) w
     where lanes is null
     union all
    select o.priority, o.head from left_out o
  ), claimable as materialized (
    select c.lies_at, row_number() over (order by c.priority, c.place) as nth
      from (select r.lies_at, r.priority, r.place from ready r
             union all
            select f.lies_at, f.priority, f.place from free_probes f
             union all
            select p.lies_at, p.priority, p.place from gated_probes p
             union all
            -- What stands behind the end of the search is left for later: else it would be taken before those that the
            -- search has not come to.
            select g.lies_at, g.priority, g.place
              from at_gates g
             where (select count(*) from ready) >= wanted
                or not exists (select from search_end e where (g.priority, g.place) > (e.priority, e.place))) c
     order by c.priority, c.place
     limit wanted
  ), begun as (
    update tasks t
       set status = 'running',
           run_id = run_id_of(process ->> 'owner'),
           worker_id = worker,
           host = orchestra_turn.host,
           pid = (process ->> 'pid')::int,
           boot_id = (process ->> 'boot_id')::uuid,
           pid_namespace = process ->> 'pid_namespace',
           process_started = (process ->> 'process_started')::bigint,
           started_at = clock_timestamp(),
           heartbeat_at = clock_timestamp(),
           attempt = t.attempt + 1,
           deferred_by = null,
           prefetched = c.nth > coalesce((process ->> 'begins')::int, wanted),
           admitted_under = (select max(e.id) from senate_events e where e.type like 'pause.%')
      from claimable c
     where t.ctid = c.lies_at
    returning t.id, t.run_id, t.repo, t.agent_id, t.skill, t.quest_id, t.actor_id, t.priority, t.place, t.payload, t.attempt,
              t.max_attempts, t.cursor, t.questions, t.answer, t.probe_of, t.pipeline, t.stage, t.admitted_under
  ), events as (
    -- What each task carried, and who counted the transactions: its labels may change, and the database may move.
    insert into event_batches (kind, by, task_ids, run_ids, shared, each, attempts, agent_ids, skills, quest_ids, actor_ids)
    select 'claimed', worker, array_agg(b.id), array_agg(b.run_id),
           jsonb_build_object('host', orchestra_turn.host, 'pid', process -> 'pid', 'admitted_under', max(b.admitted_under)::text,
             'snapshot', (select pg_current_snapshot()::text), 'cluster', (select known_cluster_id())),
           case when bool_or(b.probe_of is not null or b.is_ungated) then jsonb_agg(
             case when b.probe_of is null then '{}' else jsonb_build_object('probe_of', b.probe_of::text) end
             || case when b.is_ungated then jsonb '{"gated": false}' else '{}' end) end,
           array_agg(b.attempt),
           case when count(b.agent_id) > 0 then array_agg(b.agent_id) end,
           case when count(b.skill) > 0 then array_agg(b.skill) end,
           case when count(b.quest_id) > 0 then array_agg(b.quest_id) end,
           case when count(b.actor_id) > 0 then array_agg(b.actor_id) end
      from (select n.*, n.repo is not null and not is_gated(n.repo, gated_repos) as is_ungated
              from begun n
             order by n.priority, n.place) b
    having count(*) > 0
  )
  select coalesce(json_agg(told order by b.priority, b.place), '[]')::text,
         count(*),
         count(*) < wanted and (
           count(*) < (select count(*) from claimable)
           or exists (select from search_end)
           -- there may be more candidates than were looked at: of one lane, or of all
           or (lanes is not null and (
                 (select count(*) from candidates) >= wanted * choice
                 or exists (select from candidates c group by c.lane_id, c.depth having count(*) >= c.depth))))
    into tasks, claimed, cut_short
    from begun b
   cross join lateral (
         select b.id::text, b.run_id, b.repo, b.agent_id, b.skill, b.quest_id, b.actor_id, b.priority, b.payload, b.attempt, b.max_attempts,
                b.cursor, b.questions, b.answer, b.probe_of::text, b.pipeline, b.stage, lease_seconds) told;

  if claimed < wanted then
    some_are_due := exists (
      select from tasks t
       where t.status = 'queued'
         and not t.in_line
         and (t.next_eligible_at <= clock or t.deferred_by is not null)
         and is_wanted(t.agent_id, t.skill, t.quest_id, t.actor_id, t.repo, for_agents, for_skills, kept));
  end if;
  perform set_config('orchestra.counts_itself', 'off', true);
end $$;

-- Adds tasks in the order given; all of them or none. Answers their ids in that order.
create or replace function orchestra_add(given jsonb, by text, traceparent text) returns text[] language plpgsql volatile as $$
declare
  ids text[];
begin
  -- Lanes that are not there yet, in the order of their keys: two callers who bring the same ones in different orders
  -- would otherwise wait for each other. Gates are locked by the trigger (docs/locking.md).
  insert into task_lanes (key, priority, repo, agent_id, skill, quest_id, actor_id, head)
  select distinct on (k.key) k.key, k.priority, k.repo, k.agent_id, k.skill, k.quest_id, k.actor_id, h.id + 1
    from jsonb_to_recordset(given) as g(priority smallint, repo text, agent_id text, skill text, quest_id text, actor_id text)
   cross join task_horizon h
   cross join lateral (select lane_key(g.priority, g.repo, g.agent_id, g.skill, g.quest_id, g.actor_id) as key, g.*) k
   where not exists (select from task_lanes l where l.key = k.key)
   order by k.key
      on conflict (key) do nothing;

  with added as (
    insert into tasks (repo, agent_id, skill, quest_id, actor_id, pipeline, stage, priority, payload, max_attempts, max_crashes, next_eligible_at, created_by, traceparent)
    select g.item ->> 'repo', g.item ->> 'agent_id', g.item ->> 'skill', g.item ->> 'quest_id', g.item ->> 'actor_id', g.item ->> 'pipeline', g.item ->> 'stage',
           (g.item ->> 'priority')::smallint, g.item -> 'payload', (g.item ->> 'max_attempts')::int, (g.item ->> 'max_crashes')::int,
           coalesce((g.item ->> 'not_before')::timestamptz, now()), by, orchestra_add.traceparent
      from jsonb_array_elements(given) with ordinality as g(item, nth)
     order by g.nth
    returning id
  ), events as (
    insert into event_batches (kind, by, task_ids)
    select 'queued', orchestra_add.by, array_agg(a.id order by a.id) from added a having count(*) > 0
  )
  select array_agg(a.id::text order by a.id) into ids from added a;
  return ids;
end $$;
