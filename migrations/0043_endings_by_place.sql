-- A claim or an ending of n tasks compared each of the n with each other: the planner believes few tasks to match, and
-- joined them to the list by a nested loop. At a hundred tasks this was a fifth of the server's time. The tasks are
-- locked first, and the update then goes to where each of them lies. Nothing is read or rewritten, and no signature
-- changes.

-- Locks what several endings are about, in the order of docs/locking.md: tasks by id, then lanes that are missing, by
-- key. Gates and existing lanes are the triggers' business. Where any of the endings needs the rules of stages, nothing
-- is locked and true is answered: end_staged_runs locks by itself, and with a newer snapshot it would lock tasks that
-- this has passed over, behind those that this has locked.
create or replace function lock_runs_to_end(endings jsonb) returns boolean language plpgsql volatile as $$
declare
  ids constant bigint[] := array(select (g.item ->> 'id')::bigint from jsonb_array_elements(endings) as g(item));
begin
  if exists (select from jsonb_array_elements(endings) as g(item) where g.item ->> 'as' in ('held', 'retried'))
     or exists (select from tasks t where t.id = any (ids) and t.pipeline is not null) then
    return true;
  end if;

  perform from tasks t
    where t.id = any (ids)
      and coalesce(t.status, '') = 'running'
    order by t.id
      for no key update;

  -- What is not done comes back into the queue, into a lane that may be missing.
  if exists (select from jsonb_array_elements(endings) as g(item) where g.item ->> 'as' <> 'completed') then
    perform lane_for(k.priority, k.repo, k.agent_id, k.skill, k.quest_id, k.actor_id)
       from (select distinct t.priority, t.repo, t.agent_id, t.skill, t.quest_id, t.actor_id,
                    lane_key(t.priority, t.repo, t.agent_id, t.skill, t.quest_id, t.actor_id) as key
               from jsonb_array_elements(endings) as g(item)
              cross join lateral (
                    -- offset 0: each is looked up by its id, whatever the planner believes about the table
                    select x.*
                      from tasks x
                     where x.id = (g.item ->> 'id')::bigint
                       and x.run_id = (g.item ->> 'run_id')::uuid
                       and coalesce(x.status, '') = 'running'
                    offset 0) t
              where g.item ->> 'as' <> 'completed'
              order by key) k;
  end if;
  return false;
end $$;

-- Ends runs, then claims: one call, one commit. Each search for tasks is a statement of its own that reads the pauses,
-- takes the lock on claim_marker before its own snapshot, and locks what it finds until the commit. The snapshot is
-- also newer than whatever the endings have waited for (P1, P2). Never read the pauses by another statement, and keep
-- the function volatile: a stable one reads with the snapshot of its caller.
--
-- endings        [{"id", "run_id", "as", …}]; null: none. Each is accepted or left out of `ended`.
-- rules          {"retry_delays", "transient_delays": [seconds], "transient_retries": n,
--                 "transitions": {pipeline: {stage: …}}} as text: it is looked into only for endings that need it
-- process        {"owner", "pid", "boot_id", "pid_namespace", "process_started", "begins"}; `begins`: how many
--                of the tasks begin at once
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
  clock timestamptz;
  -- the tasks that were found and locked, nearest first
  picked bigint[];
  -- what the search knew: its snapshot, and the newest event of a pause
  seen text;
  known_event bigint;
  -- the same of the searches for probes and at gates, which are statements of their own: a pause may have come or gone
  -- between two of them
  probe_ids bigint[];
  probes_seen text;
  probes_event bigint;
  gate_ids bigint[];
  gates_seen text;
  gates_event bigint;
  -- where a search that was cut short has ended
  end_priority smallint;
  end_place bigint;
  may_be_more boolean := false;
  ungated_repos text[];
  ungated_of_probes text[];
  there_are_probes boolean;
  there_are_gates boolean;
  -- the tasks of the endings are locked, and no rule of stages concerns them
  is_locked boolean;
begin
  -- Until it returns. As a setting of the function itself, only a superuser could make it.
  perform set_config('orchestra.counts_itself', 'on', true);
  if endings <> '[]' then
    -- A single ending needs no order, and its update finds out by itself whether stages concern it. Each task is locked
    -- by a statement before the one that ends the runs, whose snapshot then shows where its newest version lies.
    if jsonb_array_length(endings) = 1 then
      perform from tasks t where t.id = (endings -> 0 ->> 'id')::bigint for no key update;
      is_locked := true;
    else
      is_locked := not lock_runs_to_end(endings);
    end if;
    if is_locked then
      with given as materialized (
        select g.n::int as n,
               (g.item ->> 'id')::bigint as id,
               (g.item ->> 'run_id')::uuid as run_id,
               g.item ->> 'as' as kind,
               nullif(g.item -> 'result', 'null') as result,
               nullif(g.item -> 'cursor', 'null') as cursor,
               g.item ->> 'error' as error,
               (g.item ->> 'retry')::boolean as retry,
               g.item ->> 'cause' as cause,
               -- Joined by its id, each task would be compared with each ending, by a plan from when the table was
               -- small; joined by where it lies, it is fetched.
               (select k.ctid from tasks k where k.id = (g.item ->> 'id')::bigint) as lies_at
          from jsonb_array_elements(endings) with ordinality as g(item, n)
      ), changed as (
        -- The status is asked for in a way that offers no index.
        update tasks t
           set status = case when g.kind = 'completed' then 'succeeded'
                             when g.kind = 'failed' and not (g.retry and t.attempt < t.max_attempts) then 'failed'
                             else 'queued' end,
               attempt = case when g.kind = 'released' then greatest(t.attempt - 1, 0) else t.attempt end,
               next_eligible_at = case g.kind
                 when 'failed' then now() + make_interval(secs => (
                   rules::jsonb -> 'retry_delays'
                     ->> least(t.attempt, jsonb_array_length(rules::jsonb -> 'retry_delays')) - 1)::int)
                 when 'released' then now()
                 else t.next_eligible_at end,
               result = case g.kind when 'completed' then g.result
                                    when 'failed' then coalesce(g.result, t.result)
                                    else t.result end,
               cursor = case g.kind when 'released' then coalesce(g.cursor, t.cursor) else t.cursor end,
               run_id = null, pid = null, started_at = null, heartbeat_at = null,
               boot_id = null, pid_namespace = null, process_started = null, prefetched = false
          from given g
         where t.ctid = g.lies_at
           and t.run_id = g.run_id
           and coalesce(t.status, '') = 'running'
           and t.pipeline is null
           and g.kind in ('completed', 'failed', 'released')
        returning g.n, g.run_id, g.kind, t.id, t.worker_id, t.status,
                  case when t.status = 'queued' then t.next_eligible_at end as next_eligible_at,
                  case g.kind
                    when 'failed' then jsonb_build_object('error', g.error, 'attempt', t.attempt, 'output', g.result)
                    when 'released' then jsonb_build_object('cause', g.cause, 'cursor', t.cursor)
                    else '{}' end as data
      ), events as (
        insert into event_batches (kind, by, task_ids, run_ids, shared, each)
        select c.kind, coalesce(c.worker_id, acting_person()), array_agg(c.id), array_agg(c.run_id),
               jsonb_build_object('status', c.status, 'next_eligible_at', null),
               case when c.kind <> 'completed' then jsonb_agg(
                 c.data || jsonb_build_object('next_eligible_at', c.next_eligible_at)) end
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
    end if;

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

  if lanes is null then
    with paused as materialized (
      select p.scope_kind, p.scope_value, p.also
        from active_pauses p
       where not exists (select from claim_marker)
    ), keys as materialized (
      -- one jsonb object: about its content the planner guesses nothing; for an array it would sort the whole queue
      select coalesce(jsonb_object_agg(p.scope_kind || ' ' || p.scope_value, true) filter (where p.also is null), '{}') as scopes,
             jsonb_agg(p.also || jsonb_build_object(p.scope_kind, p.scope_value))
               filter (where p.also is not null) as pairs
        from paused p
    ), ahead as materialized (
      -- Where the walk begins: at the nearest lane that it may take from. What lies before has ended, and would be
      -- walked past as long as anybody's old snapshot keeps the rows from being cleaned up; or it is paused, however
      -- much of it there is.
      select l.priority, l.head
        from task_lanes l
       where not is_gated(l.repo, gated_repos)
         and not pauses_cover(
               (select k.scopes from keys k), (select k.pairs from keys k), l.agent_id, l.skill, l.quest_id, l.actor_id)
         and is_wanted(l.agent_id, l.skill, l.quest_id, l.actor_id, l.repo, for_agents, for_skills, kept)
       order by l.priority, l.head
       limit 1
    ), walked as materialized (
      -- Of each candidate the newest version is locked and looked at once more. It is found again by where it lies,
      -- which within one statement cannot change: no row that its snapshot sees is ever moved or cleaned up.
      select t.id, c.priority, c.place
        from (select w.ctid as lies_at, w.priority, w.place
                from tasks w
               where w.status = 'queued'
                 and w.repo is null
                 and (w.priority, w.place) >= ((select a.priority from ahead a), (select a.head from ahead a))
               order by w.priority, w.place
               limit walk_max) c
        join tasks t on t.ctid = c.lies_at
       where t.status = 'queued'
         and may_start(t.paused_at, t.next_eligible_at, t.deferred_by, clock)
         and not pauses_cover(
               (select k.scopes from keys k), (select k.pairs from keys k), t.agent_id, t.skill, t.quest_id, t.actor_id)
         and is_wanted(t.agent_id, t.skill, t.quest_id, t.actor_id, t.repo, for_agents, for_skills, kept)
       order by c.priority, c.place
       limit wanted
         for update of t skip locked
    )
    select f.ids, e.priority, e.place, pg_current_snapshot()::text,
           (select max(s.id) from senate_events s where s.type like 'pause.%')
      into picked, end_priority, end_place, seen, known_event
      from (select array_agg(w.id order by w.priority, w.place) as ids, count(*) as number from walked w) f
      left join lateral (
           -- The end of the walk. Read only where that matters: a walk has to go all its way for it.
           select w.priority, w.place
             from tasks w
            where w.status = 'queued'
              and w.repo is null
              and (w.priority, w.place) >= ((select a.priority from ahead a), (select a.head from ahead a))
              and f.number < wanted
            order by w.priority, w.place
            limit 1 offset walk_max - 1) e on true;
  else
    select l.picked, l.end_priority, l.end_place, l.cut_short, l.ungated_repos, l.seen, l.admitted_under
      into picked, end_priority, end_place, may_be_more, ungated_repos, seen, known_event
      from find_by_lanes(for_agents, for_skills, wanted, gated_repos, kept, lanes, clock) l;
  end if;
  may_be_more := may_be_more or end_place is not null;

  -- A task that comes to a gate, or is let through, after this look is found by the next claim.
  select exists (select from tasks t where t.probe_of > 0),
         exists (select from repo_gates g
                  where g.head_id is not null and g.frozen_at is null and g.in_progress < g.max_in_progress)
    into there_are_probes, there_are_gates;
  if there_are_probes then
    select p.picked, p.ungated_repos, p.seen, p.admitted_under
      into probe_ids, ungated_of_probes, probes_seen, probes_event
      from find_free_probes(for_agents, for_skills, wanted, gated_repos, kept, clock) p;
  end if;
  -- Gates are locked in one order (docs/locking.md): first those for which the claim may have to wait, by name. These
  -- are gates of repos for which the serial gate does not hold: the triggers count the tasks there, and would lock them
  -- only after the gates that a claim passes over.
  if ungated_repos is not null or ungated_of_probes is not null then
    perform lock_gate(u.repo)
       from (select distinct r.repo collate "C" as repo
               from unnest(ungated_repos || ungated_of_probes) as r(repo)
              order by 1) u;
  end if;
  if there_are_gates then
    select g.picked, g.seen, g.admitted_under
      into gate_ids, gates_seen, gates_event
      from find_at_gates(for_agents, for_skills, wanted, gated_repos, kept, clock,
             case when coalesce(cardinality(picked), 0) < wanted then end_priority end,
             case when coalesce(cardinality(picked), 0) < wanted then end_place end) g;
  end if;
  if probe_ids is not null or gate_ids is not null then
    picked := array(
      select t.id from tasks t
       where t.id = any (picked || probe_ids || gate_ids)
       order by t.priority, t.place
       limit wanted);
  end if;

  if coalesce(cardinality(picked), 0) = 0 then
    tasks := '[]';
    claimed := 0;
  else
    with found as materialized (
      select f.id, f.nth, (select k.ctid from tasks k where k.id = f.id) as lies_at
        from unnest(picked) with ordinality as f(id, nth)
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
             prefetched = f.nth > coalesce((process ->> 'begins')::int, wanted),
             admitted_under = case when f.id = any (probe_ids) then probes_event
                                   when f.id = any (gate_ids) then gates_event
                                   else known_event end
        from found f
       where t.ctid = f.lies_at
      returning f.nth, t.id, t.run_id, t.repo, t.agent_id, t.skill, t.quest_id, t.actor_id, t.priority, t.payload,
                t.attempt, t.max_attempts, t.cursor, t.questions, t.answer, t.probe_of, t.pipeline, t.stage,
                t.admitted_under
    ), events as (
      -- What each task carried, and who counted the transactions: its labels may change, and the database may move.
      insert into event_batches (
        kind, by, task_ids, run_ids, shared, each, attempts, agent_ids, skills, quest_ids, actor_ids)
      select 'claimed', worker, array_agg(b.id), array_agg(b.run_id),
             jsonb_build_object('host', orchestra_turn.host, 'pid', process -> 'pid',
               'admitted_under', known_event::text, 'snapshot', seen, 'cluster', (select known_cluster_id())),
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
        from (select n.*, n.repo is not null and not is_gated(n.repo, gated_repos) as is_ungated,
                     case when n.id = any (probe_ids) then probes_seen
                          when n.id = any (gate_ids) then gates_seen end as later_seen
                from begun n
               order by n.nth) b
      having count(*) > 0
    )
    select coalesce(json_agg(told order by b.nth), '[]')::text, count(*)
      into tasks, claimed
      from begun b
     cross join lateral (
           select b.id::text, b.run_id, b.repo, b.agent_id, b.skill, b.quest_id, b.actor_id, b.priority, b.payload,
                  b.attempt, b.max_attempts, b.cursor, b.questions, b.answer, b.probe_of::text, b.pipeline, b.stage,
                  lease_seconds) told;
  end if;

  cut_short := claimed < wanted and may_be_more;
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
