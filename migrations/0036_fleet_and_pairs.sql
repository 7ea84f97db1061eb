-- Brings pauses of the whole fleet, and pauses that name several labels, all of which a task must carry
-- (docs/decisions/0059). Services of the previous version run beside it: they take a pause of several labels for one of
-- its strongest label, which covers more, and their claims are those of orchestra_turn below. A service that reads
-- pauses into its memory does not know `fleet` and counts its copy as unknown. Nothing is rewritten.

alter table senate_pause
  drop constraint senate_pause_scope_kind_check,
  add constraint senate_pause_scope_kind_check check (scope_kind in ('agent', 'skill', 'quest', 'actor', 'fleet')) not valid,
  -- further labels by their kinds, such as {"quest": "q-7"}; null: none
  add column also jsonb;

-- The rules by which pauses cover tasks. `covers` says the same in TypeScript.

-- Does what carries these labels carry all of `labels`, such as {"agent": "a-1", "quest": "q-7"}? Null asks for none.
create function labels_match(labels jsonb, agent_id text, skill text, quest_id text, actor_id text) returns boolean
language sql immutable parallel safe as $$
  select coalesce(labels ->> 'agent' = agent_id, (labels ? 'agent') is not true)
     and coalesce(labels ->> 'skill' = skill, (labels ? 'skill') is not true)
     and coalesce(labels ->> 'quest' = quest_id, (labels ? 'quest') is not true)
     and coalesce(labels ->> 'actor' = actor_id, (labels ? 'actor') is not true) $$;

-- Does this one pause cover what carries these labels?
create function pause_covers(scope_kind text, scope_value text, also jsonb, agent_id text, skill text, quest_id text, actor_id text) returns boolean
language sql immutable parallel safe as $$
  select coalesce(scope_kind = 'fleet' or scope_value = case scope_kind when 'actor' then actor_id when 'agent' then agent_id
                                                                        when 'skill' then skill when 'quest' then quest_id end, false)
     and labels_match(also, agent_id, skill, quest_id, actor_id) $$;

-- Does one of these sets of labels, a JSON array, match? Strict, so that without any it is not called.
create function pairs_cover(pairs jsonb, agent_id text, skill text, quest_id text, actor_id text) returns boolean
language sql immutable strict parallel safe cost 1 as $$
  select exists (select from jsonb_array_elements(pairs) as p(labels) where labels_match(p.labels, agent_id, skill, quest_id, actor_id)) $$;

-- Do these pauses cover what carries these labels? `scopes`: the keys of an object such as {"agent a-1": true}, of pauses
-- that name one label or the fleet. `pairs`: the labels of each that names several; null: there is none. Each is named
-- once, or the planner could not draw a sub-select in. Labels are never empty, so '' matches nothing.
create function pauses_cover(scopes jsonb, pairs jsonb, agent_id text, skill text, quest_id text, actor_id text) returns boolean
language sql immutable parallel safe as $$
  select scopes ?| array['fleet *', 'agent ' || agent_id, 'skill ' || skill, 'quest ' || quest_id, 'actor ' || actor_id]
      or (pairs_cover(pairs, coalesce(agent_id, ''), coalesce(skill, ''), coalesce(quest_id, ''), coalesce(actor_id, ''))) is true $$;

-- The same for services of the previous version, whose statements name no pairs.
create or replace function scopes_cover(scopes jsonb, agent_id text, skill text, quest_id text, actor_id text) returns boolean
language sql immutable parallel safe as $$
  select scopes ?| array['fleet *', 'agent ' || agent_id, 'skill ' || skill, 'quest ' || quest_id, 'actor ' || actor_id] $$;

-- The labels that a pause names, such as {"agent a-1", "quest q-7"}; of the fleet none.
create function pause_labels(scope_kind text, scope_value text, also jsonb) returns text[]
language sql immutable parallel safe as $$
  select case when scope_kind = 'fleet' then '{}'
              else (scope_kind || ' ' || scope_value) || array(select l.key || ' ' || l.value from jsonb_each_text(also) l order by l.key) end $$;

-- Do these pauses cover a job of an attached queue that carries these labels, such as {"agent a-1"}? `paused` holds keys as the
-- view of an attachment gives them: of a pause of one label that label, of one of several labels `all` and the labels as
-- JSON; 'pairs' says that there are any of those.
create function job_is_paused(carried text[], paused text[]) returns boolean
language plpgsql immutable parallel safe as $$
declare
  key text;
begin
  if paused is null then
    return false;
  end if;
  if carried && paused or 'fleet *' = any (paused) then
    return true;
  end if;
  if 'pairs' = any (paused) then
    foreach key in array paused loop
      if key like 'all [%' and array(select jsonb_array_elements_text(substr(key, 5)::jsonb)) <@ carried then
        return true;
      end if;
    end loop;
  end if;
  return false;
end $$;

create or replace view active_pauses as
  select p.id, p.scope_kind, p.scope_value, p.paused_at, p.paused_by, p.reason, p.ttl_seconds, p.source, p.quiet_at,
         p.cleared_at, p.cleared_by,
         case when p.ends_as = 'resume' then p.paused_at + make_interval(secs => p.ttl_seconds) end as ends_at,
         p.ends_as, p.stayed_at, p.probing_at, p.probe_task_id, p.warned_at, p.also
    from senate_pause p
   where p.cleared_at is null
     and (p.ttl_seconds is null or p.ends_as <> 'resume' or p.paused_at + make_interval(secs => p.ttl_seconds) > now());

create or replace function senate_pause_facts(p senate_pause) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'id', p.id::text, 'scope_kind', p.scope_kind, 'scope_value', p.scope_value, 'also', p.also, 'reason', p.reason,
    'paused_at', p.paused_at, 'paused_by', p.paused_by, 'source', p.source, 'ttl_seconds', p.ttl_seconds,
    'expires_at', p.paused_at + make_interval(secs => p.ttl_seconds),
    'cleared_at', p.cleared_at, 'cleared_by', p.cleared_by, 'quiet_at', p.quiet_at,
    'then', p.ends_as, 'stayed_at', p.stayed_at, 'probing_at', p.probing_at, 'probe_task_id', p.probe_task_id::text, 'warned_at', p.warned_at)
$$;

create or replace function senate_ring_added() returns trigger language plpgsql as $$
declare
  payload text;
begin
  if pg_notification_queue_usage() >= 0.9 or current_setting('orchestra.bell', true) is not distinct from 'off' then
    return null;
  end if;
  select 'pause ' || jsonb_build_object(
           'id', a.id::text, 'scope_kind', a.scope_kind, 'scope_value', a.scope_value, 'also', a.also, 'reason', left(a.reason, 500), 'source', a.source,
           'paused_at', a.paused_at, 'paused_by', left(a.paused_by, 200), 'ttl_seconds', a.ttl_seconds)::text
    into payload
    from added as a
   where a.cleared_at is null and (select count(*) from added) = 1;
  -- NOTIFY takes less than 8000 bytes; and many pauses at once are read.
  perform pg_notify('orchestra', case when octet_length(payload) < 8000 then payload else 'pause' end);
  return null;
end $$;

-- One form for each set of labels, in whatever order they were named: the strongest is the scope's, the others are in `also`.
create function senate_pause_in_order(p senate_pause) returns senate_pause language plpgsql as $$
declare
  labels jsonb := '{}';
  label record;
begin
  if p.scope_kind = 'fleet' then
    if p.scope_value <> '*' or p.also is not null then
      raise exception 'a pause of the fleet covers everything: its scope_value is * and it names no further labels'
        using errcode = 'check_violation', table = 'senate_pause', column = 'scope_value', constraint = 'senate_pause_fleet_is_whole';
    end if;
    return p;
  end if;
  if p.also is null then
    return p;
  end if;
  if jsonb_typeof(p.also) <> 'object' then
    raise exception 'also of senate_pause must be an object such as {"quest": "q-7"}'
      using errcode = 'check_violation', table = 'senate_pause', column = 'also', constraint = 'senate_pause_also_is_labels';
  end if;
  for label in select l.key, l.value, l.value #>> '{}' as text from jsonb_each(p.also) l loop
    if label.key not in ('actor', 'agent', 'skill', 'quest') or jsonb_typeof(label.value) <> 'string' then
      raise exception 'also of senate_pause must hold labels of the kinds actor, agent, skill and quest, not %', p.also
        using errcode = 'check_violation', table = 'senate_pause', column = 'also', constraint = 'senate_pause_also_is_labels';
    end if;
    perform refuse_label('senate_pause', 'also', label_nfc(label.text));
    labels := labels || jsonb_build_object(label.key, label_nfc(label.text));
  end loop;
  if labels ->> p.scope_kind <> p.scope_value then
    raise exception 'a pause of senate_pause names two labels of the kind %, and a task carries one', p.scope_kind
      using errcode = 'check_violation', table = 'senate_pause', column = 'also', constraint = 'senate_pause_also_is_labels';
  end if;
  labels := labels || jsonb_build_object(p.scope_kind, p.scope_value);
  select k.kind into p.scope_kind
    from unnest(array['actor', 'agent', 'skill', 'quest']) with ordinality as k(kind, nth) where labels ? k.kind order by k.nth limit 1;
  p.scope_value := labels ->> p.scope_kind;
  p.also := nullif(labels - p.scope_kind, '{}');
  return p;
end $$;

create or replace function senate_pause_is_well_formed() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' or new.scope_value is distinct from old.scope_value then
    new.scope_value := label_nfc(new.scope_value);
    perform refuse_label('senate_pause', 'scope_value', new.scope_value);
  end if;
  if tg_op = 'INSERT' or (new.scope_kind, new.scope_value, new.also) is distinct from (old.scope_kind, old.scope_value, old.also) then
    new := senate_pause_in_order(new);
  end if;
  if tg_op = 'INSERT' or new.cleared_at is distinct from old.cleared_at then perform refuse_instant('senate_pause', 'cleared_at', new.cleared_at); end if;
  if tg_op = 'INSERT' or new.quiet_at is distinct from old.quiet_at then perform refuse_instant('senate_pause', 'quiet_at', new.quiet_at); end if;
  if tg_op = 'INSERT' or new.stayed_at is distinct from old.stayed_at then perform refuse_instant('senate_pause', 'stayed_at', new.stayed_at); end if;
  if tg_op = 'INSERT' or new.probing_at is distinct from old.probing_at then perform refuse_instant('senate_pause', 'probing_at', new.probing_at); end if;
  if tg_op = 'INSERT' or new.warned_at is distinct from old.warned_at then perform refuse_instant('senate_pause', 'warned_at', new.warned_at); end if;
  return new;
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
    select p.id, p.scope_kind, p.scope_value, p.also, p.probing_at, p.probe_task_id
      from active_pauses p
     where not exists (select from claim_marker)
  ), keys as materialized (
    -- one jsonb object: about its content the planner guesses nothing; for an array it would sort the whole queue
    select coalesce(jsonb_object_agg(p.scope_kind || ' ' || p.scope_value, true) filter (where p.also is null), '{}') as scopes,
           jsonb_agg(p.also || jsonb_build_object(p.scope_kind, p.scope_value)) filter (where p.also is not null) as pairs
      from paused p
  ), nearest as materialized (
    -- the lanes that it may take from, nearest head first, but those whose tasks pass the serial gate
    select l.id, l.priority, l.head
      from task_lanes l
     where not is_gated(l.repo, gated_repos)
       and not pauses_cover((select k.scopes from keys k), (select k.pairs from keys k), l.agent_id, l.skill, l.quest_id, l.actor_id)
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
       and not pauses_cover((select k.scopes from keys k), (select k.pairs from keys k), t.agent_id, t.skill, t.quest_id, t.actor_id)
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
       and not pauses_cover((select k.scopes from keys k), (select k.pairs from keys k), t.agent_id, t.skill, t.quest_id, t.actor_id)
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
                      and pause_covers(p.scope_kind, p.scope_value, p.also, t.agent_id, t.skill, t.quest_id, t.actor_id))
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
       and not pauses_cover((select k.scopes from keys k), (select k.pairs from keys k), g.agent_id, g.skill, g.quest_id, g.actor_id)
       and is_wanted(g.agent_id, g.skill, g.quest_id, g.actor_id, g.repo, for_agents, for_skills, kept)
       and h.status = 'queued'
       and may_start(h.paused_at, h.next_eligible_at, h.deferred_by, clock)
       and not pauses_cover((select k.scopes from keys k), (select k.pairs from keys k), h.agent_id, h.skill, h.quest_id, h.actor_id)
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
