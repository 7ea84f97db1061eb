-- Brings the door for workers that reach the database themselves (docs/decisions/0061): functions that a role may
-- execute which may read no table, the settings of the queue where they can read them, and the rounds that look after
-- the queue. Nothing is rewritten. Services of the previous version work on beside it.

-- What worker-claimer goes by. It writes this down when it starts, so that a claim without it goes by the same.
create table queue_settings (
  only_row boolean primary key default true check (only_row),
  lease_seconds float8 not null check (lease_seconds > 0),
  -- for which repos the serial gate holds; null: for all
  gated_repos text[],
  -- what is kept for runners: {skill: true | [repo, …]}; null: nothing
  kept jsonb,
  -- where runs go when they end: see orchestra_turn
  rules text not null,
  -- the stages of each pipeline with their skills, in order: {pipeline: [[stage, skill], …]}
  stages jsonb not null,
  -- of which repos runs may ask a person, and of which the question parks the task; null: of all, and those without a
  -- repo
  question_repos text[],
  auto_park_repos text[],
  -- null: no worker-claimer has written yet, these are the defaults
  written_at timestamptz
);
insert into queue_settings (lease_seconds, rules, stages) values (60,
  '{"retry_delays":[1,2,4,8,16,32,64,128,256,300],"transient_delays":[5,10,20,40,80,160,300],"transient_retries":5,"transitions":{"default":{"analysis":{"pass":{"stage":"development","skill":"development"},"fail":{"stage":"analysis","skill":"analysis"}},"development":{"pass":{"stage":"review","skill":"review"},"fail":{"stage":"development","skill":"development"}},"review":{"pass":{"stage":"testing","skill":"testing"},"fail":{"stage":"development","skill":"development"}},"testing":{"pass":{"stage":"staging","skill":"staging"},"fail":{"stage":"development","skill":"development"}},"staging":{"pass":{"stage":"deploy","skill":"deploy"},"fail":{"stage":"development","skill":"development"}},"deploy":{"pass":{"stage":"done"},"fail":{"stage":"development","skill":"development"}}}}}',
  '{"default": [["analysis","analysis"],["development","development"],["review","review"],["testing","testing"],["staging","staging"],["deploy","deploy"]]}');

-- When direct workers made each round last.
create table queue_upkeep (
  round text primary key check (round in ('reap', 'lanes', 'drop')),
  done_at timestamptz not null default '-infinity',
  -- since when lost workers could have made themselves heard
  heard_since timestamptz
);
insert into queue_upkeep (round) values ('reap'), ('lanes'), ('drop');

-- How far the ids had come at an earlier look, and which transactions could still add tasks below that. See
-- advance_horizon.
create table horizon_look (
  only_row boolean primary key default true check (only_row),
  last_id bigint,
  -- of which table on which server
  of text,
  resets bigint,
  writers text[]
);
insert into horizon_look default values;

-- Prolongs the leases of runs, by the database's clock. beats: [{"id", "run_id", "output", "printed"}]; `output`: the
-- end of what the run has printed, in place of what was kept before. Answers [{"n", "stop"}] of those that are alive,
-- counted from 1; `stop`: an operator has the run stopped.
create function beat_runs(beats jsonb) returns json language plpgsql volatile as $$
declare
  alive json;
  stopped uuid[];
begin
  with given as materialized (
    select g.n::int as n, (g.item ->> 'id')::bigint as id, (g.item ->> 'run_id')::uuid as run_id,
           g.item ->> 'output' as output, (g.item ->> 'printed')::bigint as printed
      from jsonb_array_elements(beats) with ordinality as g(item, n)
  ), locked as materialized (
    -- by id, as everything that changes several tasks (docs/locking.md)
    select t.id
      from tasks t
     where t.id = any (array(select x.id from given x))
       and coalesce(t.status, '') = 'running'
       and (select count(*) from given) > 1
     order by t.id
       for no key update of t
  ), beat as (
    update tasks t
       set heartbeat_at = clock_timestamp()
      from given g
     where t.id = g.id
       and t.id = any (array(select x.id from given x))
       and t.run_id = g.run_id and t.status = 'running'
       and (select count(*) from locked) >= 0
    returning g.n, t.id, t.run_id, g.output, g.printed
  ), kept as (
    -- Not more often than once a second for one run, but where the sender counts: it sends each piece once.
    insert into task_output as o (task_id, run_id, tail, at, printed)
    select b.id, b.run_id, b.output, clock_timestamp(), b.printed
      from beat b
     where b.output is not null
     order by b.id
        on conflict (task_id) do update
       set run_id = excluded.run_id, tail = excluded.tail, at = excluded.at, printed = excluded.printed
     where o.run_id <> excluded.run_id or o.at < excluded.at - interval '1 second' or excluded.printed is not null
  )
  select json_agg(json_build_object('n', b.n, 'stop', o.told)), array_agg(b.run_id) filter (where o.told is not null)
    into alive, stopped
    from beat b
    left join lateral (
         select json_build_object('reason', s.reason, 'by', s.asked_by, 'fence_at', s.fence_at) as told
           from run_stops s
          where s.run_id = b.run_id and s.ended_at is null) o on true;

  if stopped is not null then
    -- for the receipt of the order
    update run_stops s set told_at = clock_timestamp() where s.run_id = any (stopped) and s.told_at is null and s.ended_at is null;
  end if;
  return coalesce(alive, '[]');
end $$;

-- What became of runs that are not their workers' any more: a row for each, in their order. To be asked only after the
-- statement with the fence in it has changed nothing.
create function why_not_owner(of_tasks bigint[], runs uuid[])
returns table (found boolean, status text, run_id uuid, worker_id text, ended_as text, ended_at timestamptz, ended_status text, next_eligible_at timestamptz)
language sql stable as $$
  select t.id is not null, t.status, t.run_id, t.worker_id, coalesce(e.data ->> 'as', e.kind), e.at,
         e.data ->> 'status', (e.data ->> 'next_eligible_at')::timestamptz
    from unnest(of_tasks, runs) with ordinality as g(id, run_id, n)
    left join tasks t on t.id = g.id
    left join lateral (
         select e.kind, e.at, e.data from events_of_task(g.id) e
          where t.id is not null and e.run_id = g.run_id
            and e.kind in ('completed', 'failed', 'released', 'reaped', 'asked', 'held', 'retried', 'stopped')
          order by e.id desc limit 1) e on true
   order by g.n $$;

-- Ends a run with questions to a person; null: it is not its worker's any more. In one statement, with the fence in it.
-- A park of an operator's stays what it is: whose `paused_at` differs from `asked_at` was not parked for the question.
-- parks_in: of which repos the task is parked; null: of all. The others are held.
create function ask_question(of_task bigint, run uuid, asks text, parks_in text[], new_cursor jsonb)
returns text language plpgsql volatile as $$
declare
  becomes text;
begin
  with asked as (
    update tasks t
       set status = case when p.parks then 'queued' else 'held' end,
           attempt = greatest(t.attempt - 1, 0), next_eligible_at = now(), deferred_by = null,
           questions = asks, asked_at = now(), answer = null, answered_at = null, answered_by = null,
           cursor = coalesce(nullif(new_cursor, 'null'), t.cursor),
           paused_at = case when p.parks then coalesce(t.paused_at, now()) else t.paused_at end,
           paused_by = case when p.parks and t.paused_at is null then t.worker_id else t.paused_by end,
           pause_reason = case when p.parks and t.paused_at is null then 'asks a question' else t.pause_reason end,
           run_id = null, pid = null, started_at = null, heartbeat_at = null,
           boot_id = null, pid_namespace = null, process_started = null, prefetched = false
      from (select parks_in is null or coalesce(q.repo = any (parks_in), false) as parks from tasks q where q.id = of_task) p
     where t.id = of_task and t.run_id = run and t.status = 'running'
    returning t.id, t.status, t.worker_id
  ), event as (
    insert into task_event_rows (task_id, run_id, kind, by, data)
    select a.id, run, 'asked', coalesce(a.worker_id, acting_person()), jsonb_build_object('status', a.status, 'questions', asks)
      from asked a
  )
  select a.status into becomes from asked a;
  -- A repeated call answers what the first one did.
  return coalesce(becomes, (
    select e.data ->> 'status' from events_of_task(of_task) e where e.run_id = run and e.kind = 'asked'));
end $$;

-- Notes of runs that were claimed ahead that they have begun. Answers how many were not known to have.
create function note_begun(of_tasks bigint[], runs uuid[]) returns int language plpgsql volatile as $$
declare
  noted int;
begin
  with locked as materialized (
    select t.id, t.run_id
      from tasks t
     where t.id = any (of_tasks) and coalesce(t.status, '') = 'running' and t.prefetched
     order by t.id
       for no key update
  )
  update tasks t
     set prefetched = false
    from locked l, unnest(of_tasks, runs) as g(id, run_id)
   where t.id = l.id and g.id = l.id and g.run_id = l.run_id and t.id = any (array(select x.id from locked x));
  get diagnostics noted = row_count;
  return noted;
end $$;

-- Ends a run for the order to stop it; a row, or none where there is nothing to obey. A repeated call answers what the
-- first one did. new_cursor null: the former one stays.
create function end_stopped_run(of_task bigint, run uuid, new_cursor jsonb)
returns table (status text, next_eligible_at timestamptz) language plpgsql volatile as $$
#variable_conflict use_column
begin
  return query
  with found as materialized (
    select t.id, t.run_id, t.priority, t.repo, t.agent_id, t.skill, t.quest_id, t.actor_id, t.started_at, t.attempt,
           s.next_status, s.asked_by, s.reason, s.stop_id
      from tasks t
      join run_stops s on s.run_id = t.run_id and s.ended_at is null
     where t.status = 'running' and t.id = of_task and t.run_id = run
       for no key update of t
  ), made as materialized (
    select count(lane_for(f.priority, f.repo, f.agent_id, f.skill, f.quest_id, f.actor_id)) as lanes from found f where f.next_status = 'queued'
  ), changed as (
    update tasks t
       set status = f.next_status,
           attempt = greatest(t.attempt - 1, 0),
           next_eligible_at = now(),
           cursor = coalesce(nullif(new_cursor, 'null'), t.cursor),
           run_id = null, pid = null, started_at = null, heartbeat_at = null,
           boot_id = null, pid_namespace = null, process_started = null, prefetched = false
      from found f
     where t.id = f.id and t.run_id = f.run_id and (select m.lanes from made m) >= 0
    returning t.id, f.run_id, t.worker_id, t.host, f.attempt, f.asked_by, f.reason, f.stop_id, t.status, case when t.status = 'queued' then t.next_eligible_at end as next_eligible_at
  ), events as (
    insert into task_event_rows (task_id, run_id, kind, by, data)
    select c.id, c.run_id, 'stopped', c.asked_by,
           jsonb_build_object('why', c.reason, 'how', 'obeyed', 'worker', c.worker_id, 'host', c.host, 'attempt', c.attempt, 'stop', c.stop_id::text,
                              'status', c.status, 'next_eligible_at', c.next_eligible_at)
      from changed c
  ), cancelled as (
    -- as by `task cancel`; retention finds it by this
    insert into event_batches (kind, by, task_ids, shared)
    select 'cancelled', c.asked_by, array[c.id], jsonb_build_object('why', c.reason, 'was', 'running', 'status', 'cancelled')
      from changed c
     where c.status = 'cancelled'
  ), noted as (
    update run_stops s
       set ended_at = clock_timestamp(), outcome = 'obeyed', told_at = coalesce(s.told_at, clock_timestamp())
      from changed c
     where s.run_id = c.run_id
  )
  select c.status, c.next_eligible_at from changed c;
  if found then
    return;
  end if;
  return query
  select e.data ->> 'status', (e.data ->> 'next_eligible_at')::timestamptz
    from events_of_task(of_task) e
   where e.run_id = run and e.kind = 'stopped'
   order by e.id desc
   limit 1;
end $$;

-- Takes runs away from workers that are lost; 500 at the most. Answers how many.
-- cause: `lease` (silent for lease_seconds), `process_gone` (these runs), `other_boot` (these runs, where silent since
-- the machine was started). of_task: this one alone.
--
-- The statement that changes the row has the condition: a heartbeat or an ending that comes in between wins. The task
-- goes back to its place with its attempt given back, for a crash is no error; one that keeps killing its worker fails.
-- It waits for no task, and takes its other locks in the one order (docs/locking.md).
create function take_away_runs(cause text, of_task bigint, lease_seconds float8, runs uuid[], up_for_seconds float8)
returns int language plpgsql volatile as $$
declare
  why constant text := case cause when 'lease' then 'it sent no heartbeat for the lease' when 'process_gone' then 'its process has ended'
                                  else 'its machine was started anew' end;
  taken int;
begin
  with found as materialized (
    select t.id, t.run_id, t.priority, t.repo, t.agent_id, t.skill, t.quest_id, t.actor_id, t.crashes + 1 < t.max_crashes as goes_on
      from tasks t
     where t.status = 'running'
       and (of_task is null or t.id = of_task)
       and case cause
             when 'lease' then t.heartbeat_at < clock_timestamp() - make_interval(secs => lease_seconds)
             when 'process_gone' then t.run_id = any (runs)
             else t.run_id = any (runs) and t.heartbeat_at < clock_timestamp() - make_interval(secs => up_for_seconds) end
     order by t.heartbeat_at
     limit 500
       for update skip locked
  ), made as materialized (
    select count(lane_for(k.priority, k.repo, k.agent_id, k.skill, k.quest_id, k.actor_id)) as lanes
      from (select distinct f.priority, f.repo, f.agent_id, f.skill, f.quest_id, f.actor_id,
                   lane_key(f.priority, f.repo, f.agent_id, f.skill, f.quest_id, f.actor_id) as key
              from found f
             where f.goes_on
             order by key) k
  ), reaped as (
    update tasks t
       set status = case when t.crashes + 1 < t.max_crashes then 'queued' else 'failed' end,
           crashes = t.crashes + 1, attempt = greatest(t.attempt - 1, 0), next_eligible_at = now(),
           result = case when t.crashes + 1 < t.max_crashes then t.result else jsonb_build_object(
                      'error', format('its worker was lost %s times while it ran, the last time because %s', t.crashes + 1, why),
                      'crashes', t.crashes + 1, 'cause', cause) end,
           run_id = null, pid = null, started_at = null, heartbeat_at = null,
           boot_id = null, pid_namespace = null, process_started = null, prefetched = false
      from found l
     where t.id = l.id and t.id = any (array(select x.id from found x)) and (select m.lanes from made m) >= 0
    returning t.id, l.run_id, t.worker_id, t.host, t.attempt, t.crashes, t.status, case when t.status = 'failed' then t.result ->> 'error' end as reason
  ), events as (
    insert into task_event_rows (task_id, run_id, kind, by, data)
    select r.id, r.run_id, 'reaped', 'orchestra.reaper', jsonb_build_object(
             'cause', cause, 'worker', r.worker_id, 'host', r.host, 'attempt', r.attempt, 'crashes', r.crashes, 'status', r.status,
             'reason', r.reason, 'lease_seconds', case when cause = 'lease' then lease_seconds end)
      from reaped r
  ), totals as (
    update reaper_totals s
       set by_lease = s.by_lease + case when cause = 'lease' then r.reaped else 0 end,
           by_process_gone = s.by_process_gone + case when cause = 'process_gone' then r.reaped else 0 end,
           by_other_boot = s.by_other_boot + case when cause = 'other_boot' then r.reaped else 0 end
      from (select count(*)::int as reaped from reaped r) r
     where r.reaped > 0
  )
  select count(*)::int into taken from reaped r;
  return taken;
end $$;

-- Puts tasks of repos that were added for later in line when their time has come, each in its place. A gate's head is
-- what triggers make of changes to tasks, and the mere passing of time changes none. waits false: tasks whose gates
-- somebody has locked are left for later.
create function line_up_due(waits boolean) returns int language plpgsql volatile as $$
declare
  clock constant timestamptz := clock_timestamp();
  lined_up int;
begin
  if waits then
    with due as materialized (
      select t.id
        from tasks t
       where t.status = 'queued' and not t.in_line and (t.next_eligible_at <= clock or t.deferred_by is not null)
       order by t.next_eligible_at
       limit 500
         for no key update of t skip locked
    )
    update tasks t set in_line = true from due d where t.id = d.id and t.id = any (array(select x.id from due x));
  else
    with due as materialized (
      select t.id, t.repo
        from tasks t
       where t.status = 'queued' and not t.in_line and (t.next_eligible_at <= clock or t.deferred_by is not null)
       order by t.next_eligible_at
       limit 500
         for no key update of t skip locked
    ), gates as materialized (
      select g.repo from repo_gates g where g.repo in (select d.repo from due d) for no key update of g skip locked
    )
    update tasks t
       set in_line = true
      from due d
     where t.id = d.id and t.id = any (array(select x.id from due x)) and exists (select from gates g where g.repo = d.repo);
  end if;
  get diagnostics lined_up = row_count;
  return lined_up;
end $$;

-- Raises heads to the first queued task of their lanes; answers how many. Never past the horizon, beyond which tasks
-- may still turn up; and not where a task has come back since the statement's snapshot: `returns` is compared once more
-- on the newest version of the row, under its lock. A lane that somebody else holds is left as it is, which costs time
-- only.
-- of_lanes: which. places: a head is raised where it moves by at least this number.
create function raise_heads_of(of_lanes bigint[], places bigint) returns int language plpgsql volatile as $$
declare
  raised int;
begin
  with lanes as materialized (
    select l.id, l.head, l.returns from task_lanes l where l.id = any (of_lanes)
  ), firsts as materialized (
    select l.id, l.returns,
           least(h.id + 1, coalesce((
             select t.place from tasks t where t.lane_id = l.id and t.status = 'queued' and t.place >= l.head order by t.place limit 1
           ), 9223372036854775807)) as head
      from lanes l, task_horizon h
  ), held as (
    select l.id, f.head
      from firsts f
      join task_lanes l on l.id = f.id
     where l.returns = f.returns and l.head + places <= f.head
       for no key update of l skip locked
  )
  update task_lanes l set head = h.head from held h where l.id = h.id;
  get diagnostics raised = row_count;
  return raised;
end $$;

-- The same for the nearest lanes that a claim of these agents and skills may take from.
create function raise_near_heads(for_agents text[], for_skills text[], lanes int, gated_repos text[], kept jsonb)
returns int language sql volatile as $$
  with keys as materialized (
    select coalesce(jsonb_object_agg(p.scope_kind || ' ' || p.scope_value, true) filter (where p.also is null), '{}') as scopes,
           jsonb_agg(p.also || jsonb_build_object(p.scope_kind, p.scope_value)) filter (where p.also is not null) as pairs
      from active_pauses p
  ), near as (
    select l.id
      from task_lanes l
     where not is_gated(l.repo, gated_repos)
       and not pauses_cover((select k.scopes from keys k), (select k.pairs from keys k), l.agent_id, l.skill, l.quest_id, l.actor_id)
       and is_wanted(l.agent_id, l.skill, l.quest_id, l.actor_id, l.repo, for_agents, for_skills, kept)
     order by l.priority, l.head
     limit lanes
  )
  select raise_heads_of(array(select n.id from near n), 1) $$;

-- And for the nearest lanes, whatever covers them, so that no claim walks past what has long ended. A raise leaves a
-- row version, which stays as long as anybody's snapshot is older: it has to be worth it, the sooner the fewer lanes
-- there are.
create function raise_heads(lanes int, places_worth bigint) returns int language sql volatile as $$
  with near as materialized (
    select l.id from task_lanes l order by l.priority, l.head limit lanes
  )
  select raise_heads_of(array(select n.id from near n), least(places_worth, 100 * (select count(*) from near))) $$;

-- Moves the horizon up to the last id of an earlier look, as soon as every transaction that wrote to `tasks` then has
-- ended. Ids are drawn before their transactions commit. A transaction that adds a task either held its lock on `tasks`
-- when the look was made, and is waited for; or began later, and then its trigger reads in `looked_to` how far the look
-- went and counts a task below that as a return. So each call does a step: what it lets be seen, the next one looks
-- behind. To be called in a transaction of its own.
create function advance_horizon() returns void language plpgsql volatile as $$
declare
  now_at record;
  earlier horizon_look;
  writing text[];
begin
  select * into earlier from horizon_look h for update;
  select coalesce(pg_sequence_last_value(pg_get_serial_sequence('tasks', 'id')::regclass), 0) as last_id, h.resets, h.looked_to,
         concat_ws(' ', extract(epoch from pg_postmaster_start_time()), 'tasks'::regclass::oid) as of
    into now_at
    from task_horizon h;
  if now_at is null then
    raise exception 'task_horizon has no row; put it back: insert into task_horizon (id) values (0)';
  end if;
  -- INSERT and COPY take this lock, whatever stronger one their transaction also has. Vacuum and the like take others.
  writing := array(
    select distinct l.virtualtransaction
      from pg_locks l
     where l.locktype = 'relation' and l.granted and l.relation = 'tasks'::regclass and l.mode = 'RowExclusiveLock'
       and l.database = (select d.oid from pg_database d where d.datname = current_database()));

  if now_at.last_id < now_at.looked_to then
    -- The sequence went back. Tasks that come below a head, or the horizon, would lock their lane until they are
    -- committed.
    update task_horizon h
       set id = least(h.id, now_at.last_id), looked_to = now_at.last_id, resets = h.resets + 1
     where h.looked_to > now_at.last_id;
    with lanes as materialized (
      select l.id from task_lanes l where l.head > now_at.last_id + 1 order by l.id for no key update of l skip locked
    )
    update task_lanes l set head = now_at.last_id + 1, returns = l.returns + 1 from lanes n where l.id = n.id;
    update horizon_look set last_id = null, writers = null;
    return;
  end if;

  -- Not after a truncate, or when the sequence went back; not at another server, or one that was restarted; and not
  -- when a prepared transaction is there that has outlived a crash: its name has another form since (see isStillTrue).
  if earlier.last_id <= now_at.last_id and earlier.of = now_at.of and earlier.resets = now_at.resets
     and not exists (select from unnest(writing) w where w like '-1/%' and w <> all (earlier.writers)) then
    if earlier.writers && writing then
      return;
    end if;
    update task_horizon h set id = greatest(h.id, earlier.last_id) where h.resets = now_at.resets and h.id < earlier.last_id;
  end if;
  -- `looked_to` as it was committed before the writers were read.
  update horizon_look set last_id = now_at.looked_to, of = now_at.of, resets = now_at.resets, writers = writing;
  update task_horizon h set looked_to = now_at.last_id where h.looked_to < now_at.last_id;
end $$;

-- Drops lanes under which nothing waits any more; the next task with their labels brings them back. A transaction that
-- puts a task into a lane holds a key-share lock on it until the commit, so a lane that can be locked here for update
-- is either seen with that task by the second statement, or will not be found by it and made again. The labels of a
-- lane stay known. Answers how many.
create function drop_empty_lanes() returns int language plpgsql volatile as $$
declare
  empty_lanes bigint[];
  dropped int;
begin
  empty_lanes := array(
    select l.id
      from task_lanes l
     where not exists (select from tasks t where t.lane_id = l.id and t.status = 'queued')
     order by l.id
     limit 1000
       for update of l skip locked);
  if empty_lanes = '{}' then
    return 0;
  end if;
  -- A statement of its own, for the snapshot: what committed before the locks were taken is seen now.
  with dropped as (
    delete from task_lanes l
     where l.id = any (empty_lanes) and not exists (select from tasks t where t.lane_id = l.id and t.status = 'queued')
    returning l.agent_id, l.skill, l.quest_id, l.actor_id
  ), noted as (
    insert into known_labels as k (kind, value, folded)
    select distinct c.kind, c.value, label_folded(c.value)
      from dropped d
     cross join lateral (values ('agent', d.agent_id), ('skill', d.skill), ('quest', d.quest_id), ('actor', d.actor_id)) as c(kind, value)
     where c.value is not null
     -- in one order, so that two who note the same ones do not wait for each other
     order by c.kind, c.value
        on conflict (kind, value) do update set seen_on = excluded.seen_on where k.seen_on < excluded.seen_on
  )
  select count(*)::int into dropped from dropped d;
  return dropped;
end $$;

-- Sums up the rows of `task_totals` into one, so that a reader of the counts reads few rows. Who adds one meanwhile
-- waits for nothing.
create function sum_up_totals() returns int language sql volatile as $$
  with found as materialized (
    select t.ctid as lies_at from task_totals t limit 10000 for update skip locked
  ), gone as (
    delete from task_totals t
     using found f
     where t.ctid = f.lies_at
       and (select count(*) from found) >= 100
    returning t.succeeded, t.failed, t.cancelled
  ), kept as (
    insert into task_totals (succeeded, failed, cancelled)
    select sum(g.succeeded), sum(g.failed), sum(g.cancelled) from gone g having count(*) > 0
  )
  select count(*)::int from gone $$;

-- From here on: what a direct worker may do. Each function has the rights of the owner of the tables, decides by itself
-- what is the caller's, and takes nothing on trust that a service knows by itself.

-- Whose runs a direct worker's are: those of its login. Nobody can take on another one.
create function work_owner() returns text language sql stable as $$ select 'login ' || session_user $$;

-- Was this run claimed by that owner? See run_id_of. One expression, so that it is drawn into its statement.
create function is_run_of(owner text, run uuid) returns boolean language sql stable parallel safe as $$
  select substr(run::text, 15, 1) = '8'
         and right(replace(run::text, '-', ''), 15)
             = left(encode(sha256(convert_to(owner || ' ' || left(replace(run::text, '-', ''), 17), 'UTF8')), 'hex'), 15) $$;

-- Begins each call of a direct worker: refuses what would break a promise, and takes back what its session may have
-- set.
create function begin_work() returns queue_settings language plpgsql volatile as $$
declare
  settings queue_settings;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    -- The claim's snapshot would be older than its lock (P2).
    raise invalid_transaction_state using
      message = 'a worker has to work in READ COMMITTED transactions',
      hint = 'set default_transaction_isolation = ''read committed'', or begin without an isolation level';
  end if;
  if concat(current_setting('orchestra.who', true), current_setting('orchestra.why', true), current_setting('orchestra.bell', true),
            current_setting('orchestra.counts_itself', true), current_setting('orchestra.gates_change', true),
            current_setting('orchestra.lanes_change', true), current_setting('orchestra.one_gate', true)) not in ('', 'off') then
    perform set_config(s.name, '', true)
       from unnest(array['orchestra.who', 'orchestra.why', 'orchestra.bell', 'orchestra.counts_itself', 'orchestra.gates_change',
                         'orchestra.lanes_change', 'orchestra.one_gate']) as s(name);
  end if;
  select * into settings from queue_settings;
  if not found then
    raise exception using errcode = '55000', message = 'queue_settings has no row',
      hint = 'worker-claimer writes it when it starts';
  end if;
  return settings;
end $$;

-- Ends runs, then claims, as orchestra_turn; the settings are those of the queue, and the runs the caller's. Where a
-- claim would have to wait for gates behind endings, it claims nothing and says so: `claimed` is null.
create function orchestra_work(
  endings jsonb, worker text, host text, process jsonb, for_agents text[], for_skills text[], wanted int, lanes int,
  out ended json, out tasks text, out claimed int, out cut_short boolean, out some_are_due boolean
) language plpgsql volatile security definer as $$
declare
  settings constant queue_settings := begin_work();
  owner constant text := work_owner();
begin
  if worker is null or worker = '' or length(worker) > 200 then
    raise invalid_parameter_value using message = 'a worker has to say its name';
  end if;
  if wanted not between 1 and 100 or lanes < 1 then
    raise invalid_parameter_value using message = 'a claim asks for 1 to 100 tasks';
  end if;
  if endings <> '[]' then
    if jsonb_array_length(endings) > 100 or exists (
         select from jsonb_array_elements(endings) e(item)
          where coalesce(e.item ->> 'as', '') not in ('completed', 'failed', 'released', 'held', 'retried')) then
      raise invalid_parameter_value using message = 'up to 100 runs end at a time, each as completed, failed, released, held or retried';
    end if;
    if exists (select from jsonb_array_elements(endings) e(item) where not is_run_of(owner, (e.item ->> 'run_id')::uuid)) then
      endings := (
        select jsonb_agg(case when is_run_of(owner, (e.item ->> 'run_id')::uuid) then e.item
                              else e.item || '{"run_id": "00000000-0000-8000-8000-000000000000"}' end order by e.n)
          from jsonb_array_elements(endings) with ordinality as e(item, n));
    end if;
    if settings.gated_repos is not null then
      wanted := null;
    end if;
  end if;
  select t.ended, t.tasks, t.claimed, t.cut_short, t.some_are_due
    into ended, tasks, claimed, cut_short, some_are_due
    from orchestra_turn(
           endings, settings.rules, worker, orchestra_work.host, coalesce(process, '{}') || jsonb_build_object('owner', owner),
           for_agents, for_skills, wanted, settings.gated_repos, settings.kept,
           -- a walk passes over all tasks with a repo, also those that the serial gate leaves alone
           case when settings.gated_repos is not null then coalesce(lanes, 32) else lanes end,
           settings.lease_seconds) t;
end $$;

-- What has to be done before another look for tasks: see TaskSearch. Both answer how many.
create function orchestra_work_line_up() returns int language plpgsql volatile security definer as $$
begin
  perform begin_work();
  return line_up_due(false);
end $$;
create function orchestra_work_raise(for_agents text[], for_skills text[], lanes int) returns int language plpgsql volatile security definer as $$
declare
  settings constant queue_settings := begin_work();
begin
  return raise_near_heads(for_agents, for_skills, least(lanes, 4096), settings.gated_repos, settings.kept);
end $$;

-- As beat_runs, of the caller's own runs; and how long a lease lasts.
create function orchestra_work_beat(beats jsonb, out alive json, out lease_seconds float8) language plpgsql volatile security definer as $$
declare
  settings constant queue_settings := begin_work();
begin
  if jsonb_array_length(beats) > 1000 or exists (select from jsonb_array_elements(beats) b(item) where length(b.item ->> 'output') > 16000) then
    raise invalid_parameter_value using message = 'up to 1,000 runs send a heartbeat at a time, each with 16,000 characters of output at most';
  end if;
  lease_seconds := settings.lease_seconds;
  alive := beat_runs(coalesce((
    select jsonb_agg(case when is_run_of(work_owner(), (b.item ->> 'run_id')::uuid) then b.item
                          else b.item || '{"run_id": "00000000-0000-8000-8000-000000000000"}' end order by b.n)
      from jsonb_array_elements(beats) with ordinality as b(item, n)), '[]'));
end $$;

-- As why_not_owner. Of another's run nothing is told.
create function orchestra_work_why(of_tasks bigint[], runs uuid[])
returns table (found boolean, status text, run_id uuid, worker_id text, ended_as text, ended_at timestamptz, ended_status text, next_eligible_at timestamptz)
language plpgsql volatile security definer as $$
begin
  perform begin_work();
  return query
  select w.found, w.status, null::uuid, w.worker_id, w.ended_as, w.ended_at, w.ended_status, w.next_eligible_at
    from why_not_owner(of_tasks, array(
           select case when is_run_of(work_owner(), r.run) then r.run else '00000000-0000-8000-8000-000000000000' end
             from unnest(runs) with ordinality as r(run, n)
            order by r.n)) w;
end $$;

-- Ends a run with questions. Answers {"status"}; {"off": why} where nobody is asked; null: the run is not the caller's
-- any more.
create function orchestra_work_ask(of_task bigint, run uuid, asks text, new_cursor jsonb) returns json language plpgsql volatile security definer as $$
declare
  settings constant queue_settings := begin_work();
  repo_of_task text;
begin
  if not is_run_of(work_owner(), run) then
    return null;
  end if;
  if length(coalesce(asks, '')) not between 1 and 50000 then
    raise invalid_parameter_value using message = 'a question has 1 to 50,000 characters';
  end if;
  if settings.question_repos is not null then
    select t.repo into repo_of_task from tasks t where t.id = of_task;
    if found and not coalesce(repo_of_task = any (settings.question_repos), false) then
      return json_build_object('off', case when settings.question_repos = '{}' then 'ORCHESTRA_QUESTIONS is off'
        else 'ORCHESTRA_QUESTIONS_REPOS does not name ' || coalesce('its repo ' || repo_of_task, 'tasks without a repo') end);
    end if;
  end if;
  perform set_config('orchestra.who', session_user, true);
  return (select json_build_object('status', a.status)
            from (select ask_question(of_task, run, asks, settings.auto_park_repos, new_cursor) as status) a
           where a.status is not null);
end $$;

-- Ends a run for an order to stop it. Answers {"status", "next_eligible_at"}; null: there is nothing to obey.
create function orchestra_work_stopped(of_task bigint, run uuid, new_cursor jsonb) returns json language plpgsql volatile security definer as $$
begin
  perform begin_work();
  return (select json_build_object('status', e.status, 'next_eligible_at', e.next_eligible_at)
            from end_stopped_run(of_task, case when is_run_of(work_owner(), run) then run end, new_cursor) e);
end $$;

-- As note_begun.
create function orchestra_work_begun(of_tasks bigint[], runs uuid[]) returns int language plpgsql volatile security definer as $$
begin
  perform begin_work();
  return note_begun(of_tasks, array(
    select case when is_run_of(work_owner(), r.run) then r.run end from unnest(runs) with ordinality as r(run, n) order by r.n));
end $$;

-- Adds tasks, as orchestra_add; those that name a pipeline or a stage begin there, with the skill of that stage. By
-- whom: the login.
create function orchestra_work_add(given jsonb, traceparent text) returns text[] language plpgsql volatile security definer as $$
declare
  settings constant queue_settings := begin_work();
  ids text[];
  misplaced text;
begin
  if jsonb_array_length(given) not between 1 and 1000 then
    raise invalid_parameter_value using message = 'add 1 to 1,000 tasks at a time';
  end if;
  if exists (select from jsonb_array_elements(given) g(item) where coalesce(g.item ->> 'pipeline', g.item ->> 'stage') is not null) then
    select format('there is no stage %s of the skill %s in the pipeline %s', coalesce(g.item ->> 'stage', '(the first)'),
                  coalesce(g.item ->> 'skill', '(any)'), coalesce(g.item ->> 'pipeline', 'default'))
      into misplaced
      from jsonb_array_elements(given) g(item)
     where coalesce(g.item ->> 'pipeline', g.item ->> 'stage') is not null
       and not exists (
         select from jsonb_array_elements(settings.stages -> coalesce(g.item ->> 'pipeline', 'default')) with ordinality s(stage, n)
          where case when g.item ->> 'stage' is null then s.n = 1 else s.stage ->> 0 = g.item ->> 'stage' end
            and coalesce(g.item ->> 'skill', s.stage ->> 1) = s.stage ->> 1)
     limit 1;
    if misplaced is not null then
      raise invalid_parameter_value using message = misplaced, detail = 'unknown_stage';
    end if;
    given := (
      select jsonb_agg(coalesce(g.item || (
               select jsonb_build_object('pipeline', coalesce(g.item ->> 'pipeline', 'default'), 'stage', s.stage ->> 0, 'skill', s.stage ->> 1)
                 from jsonb_array_elements(settings.stages -> coalesce(g.item ->> 'pipeline', 'default')) with ordinality s(stage, n)
                where coalesce(g.item ->> 'pipeline', g.item ->> 'stage') is not null
                  and case when g.item ->> 'stage' is null then s.n = 1 else s.stage ->> 0 = g.item ->> 'stage' end
                limit 1), g.item) order by g.n)
        from jsonb_array_elements(given) with ordinality as g(item, n));
  end if;
  return orchestra_add(given, session_user::text, traceparent);
end $$;

-- The active pauses, for a worker's copy.
create function orchestra_work_pauses() returns setof active_pauses language sql stable security definer as $$
  select p.* from active_pauses p $$;

-- One of the rounds that look after the queue, for fleets without services. Of any number of workers that call it one
-- makes the round, and not more often than it is worth. Answers in how many seconds to come again; null: when there is
-- something to do.
--
-- saw: who asks for tasks, {"worker", "host", "agents", "skills", "wants"}; null: nobody in particular. `task why` goes
-- by it.
create function orchestra_work_tend(which text, saw jsonb) returns float8 language plpgsql volatile security definer as $$
declare
  settings constant queue_settings := begin_work();
  tick float8 := case which when 'reap' then greatest(1, settings.lease_seconds / 4) when 'lanes' then 0.25 when 'drop' then 10 end;
  last_one queue_upkeep;
  lost bigint;
  taken int := 0;
begin
  if tick is null then
    raise invalid_parameter_value using message = 'the rounds are reap, lanes and drop';
  end if;
  if saw is not null then
    insert into worker_sightings as w (worker, wants, host, agents, skills, seen_at)
    select left(saw ->> 'worker', 200), left(saw ->> 'wants', 64), left(saw ->> 'host', 255),
           case when jsonb_typeof(saw -> 'agents') = 'array' then array(select jsonb_array_elements_text(saw -> 'agents')) end,
           case when jsonb_typeof(saw -> 'skills') = 'array' then array(select jsonb_array_elements_text(saw -> 'skills')) end,
           now()
     where (select count(*) from (select from worker_sightings limit 100000) c) < 100000
        on conflict (worker, wants) do update set host = excluded.host, seen_at = greatest(w.seen_at, excluded.seen_at);
  end if;
  if not pg_try_advisory_xact_lock(hashtext('orchestra tends'), hashtext(which)) then
    return tick;
  end if;
  select * into last_one from queue_upkeep u where u.round = which;
  if last_one.done_at > clock_timestamp() - make_interval(secs => tick * 0.9) then
    return greatest(0.05, extract(epoch from last_one.done_at - clock_timestamp()) + tick);
  end if;

  if which = 'lanes' then
    perform line_up_due(true);
    perform advance_horizon();
    perform raise_heads(1000, 4000);
  elsif which = 'drop' then
    perform sum_up_totals();
    perform drop_empty_lanes();
  else
    -- While nobody looked, because the server was away or all workers were, nobody could be heard either. To take runs
    -- away then would end those of a healthy fleet. A living worker is heard within half a lease.
    last_one.heard_since := case
      when last_one.done_at > clock_timestamp() - make_interval(secs => tick + settings.lease_seconds / 2)
      then greatest(last_one.heard_since, pg_postmaster_start_time())
      else clock_timestamp() end;
    if last_one.heard_since <= clock_timestamp() - make_interval(secs => settings.lease_seconds / 2) then
      begin
        taken := take_away_runs('lease', null, settings.lease_seconds, null, null);
      exception when integrity_constraint_violation or raise_exception or data_exception or lock_not_available then
        -- A row that cannot be changed stops none of the others.
        for lost in
          select t.id from tasks t
           where t.status = 'running' and t.heartbeat_at < clock_timestamp() - make_interval(secs => settings.lease_seconds)
           order by t.id
           limit 500
        loop
          begin
            taken := taken + take_away_runs('lease', lost, settings.lease_seconds, null, null);
          exception when integrity_constraint_violation or raise_exception or data_exception or lock_not_available then
            raise warning 'task % could not be taken from its lost worker: %', lost, sqlerrm;
          end;
        end loop;
      end;
    else
      tick := least(tick, extract(epoch from last_one.heard_since + make_interval(secs => settings.lease_seconds / 2) - clock_timestamp()) + 0.01);
    end if;
    update reaper_totals set last_tick_at = clock_timestamp();
  end if;
  update queue_upkeep u set done_at = clock_timestamp(), heard_since = last_one.heard_since where u.round = which;
  -- One statement takes a bounded number of runs.
  return case when taken >= 500 then 0.05 else tick end;
end $$;

-- Each function with the rights of the owner finds its tables in this schema, and nothing that its caller has made
-- under one of their
-- names: a schema of temporary tables would otherwise come first.
do $$
declare
  one record;
begin
  for one in select p.oid::regprocedure as name from pg_proc p where p.pronamespace = quote_ident(current_schema())::regnamespace and p.prosecdef loop
    execute format('alter function %s set search_path = %I, pg_temp', one.name, current_schema());
  end loop;
  -- What a direct worker may execute is granted to its role (docs/direct.md), and to nobody else.
  for one in
    select p.oid::regprocedure as name
      from pg_proc p
     where p.pronamespace = quote_ident(current_schema())::regnamespace and p.prosecdef and p.proname like 'orchestra\_work%'
  loop
    execute format('revoke execute on function %s from public', one.name);
  end loop;
end $$;
