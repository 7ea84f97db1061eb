-- Adding a task called five triggers for each row, and compared it with their conditions, which the server reads again
-- from text in every statement: 43 % of the time that one task took, and 37 % for a hundred. What stands in no line and
-- is well formed needs none of them: orchestra_add judges all tasks of a call at once, and finds their lanes at once.
-- Other inserts go by the triggers as before. Nothing is read or rewritten, and no signature changes.

-- Five labels as the API takes them, of plain ASCII; null: none. There are others that are allowed: what this does not
-- take is judged by label_problem, which has words for what is wrong.
create function labels_are_plain(repo text, agent_id text, skill text, quest_id text, actor_id text) returns boolean
language sql immutable parallel safe
return coalesce(repo, '-') || E'\n' || coalesce(agent_id, '-') || E'\n' || coalesce(skill, '-') || E'\n'
         || coalesce(quest_id, '-') || E'\n' || coalesce(actor_id, '-') ~ '^([!-~]([ -~]*[!-~])?(\n|$)){5}$'
   and coalesce(
         greatest(length(repo), length(agent_id), length(skill), length(quest_id), length(actor_id)) <= 200, true);

-- An entry of orchestra_add, as JSON, for which the triggers have nothing to do: it belongs to no repo, its labels are
-- plain, its payload is an object, and it begins at a time that can be shown.
create function is_plain_to_add(item jsonb) returns boolean language plpgsql stable parallel safe as $$
begin
  return item ->> 'repo' is null
     and labels_are_plain(null, item ->> 'agent_id', item ->> 'skill', item ->> 'quest_id', item ->> 'actor_id')
     and coalesce(jsonb_typeof(item -> 'payload') = 'object', false)
     and is_instant((item ->> 'not_before')::timestamptz);
end $$;

create or replace function task_is_well_formed() returns trigger language plpgsql as $$
begin
  -- Nearly every row that is inserted: plain labels, an object, times that can be shown.
  if tg_op = 'INSERT'
     and labels_are_plain(new.repo, new.agent_id, new.skill, new.quest_id, new.actor_id)
     and is_instant(new.next_eligible_at) and is_instant(new.created_at) and is_instant(new.started_at)
     and is_instant(new.heartbeat_at) and is_instant(new.paused_at) and is_instant(new.asked_at)
     and is_instant(new.answered_at) and is_instant(new.stage_since) and is_instant(new.held_at)
     and jsonb_typeof(new.payload) = 'object' then
    return new;
  end if;
  if tg_op = 'INSERT'
     or (new.repo, new.agent_id, new.skill, new.quest_id, new.actor_id)
        is distinct from (old.repo, old.agent_id, old.skill, old.quest_id, old.actor_id) then
    new.repo := label_nfc(new.repo);
    new.agent_id := label_nfc(new.agent_id);
    new.skill := label_nfc(new.skill);
    new.quest_id := label_nfc(new.quest_id);
    new.actor_id := label_nfc(new.actor_id);
    if tg_op = 'INSERT' or new.repo is distinct from old.repo then
      perform refuse_label('tasks', 'repo', new.repo);
    end if;
    if tg_op = 'INSERT' or new.agent_id is distinct from old.agent_id then
      perform refuse_label('tasks', 'agent_id', new.agent_id);
    end if;
    if tg_op = 'INSERT' or new.skill is distinct from old.skill then
      perform refuse_label('tasks', 'skill', new.skill);
    end if;
    if tg_op = 'INSERT' or new.quest_id is distinct from old.quest_id then
      perform refuse_label('tasks', 'quest_id', new.quest_id);
    end if;
    if tg_op = 'INSERT' or new.actor_id is distinct from old.actor_id then
      perform refuse_label('tasks', 'actor_id', new.actor_id);
    end if;
  end if;
  if tg_op = 'INSERT' or new.next_eligible_at is distinct from old.next_eligible_at then
    if new.next_eligible_at = 'infinity' then new.next_eligible_at := '9999-12-31 23:59:59.999Z'; end if;
    perform refuse_instant('tasks', 'next_eligible_at', new.next_eligible_at);
  end if;
  if tg_op = 'INSERT' or new.created_at is distinct from old.created_at then
    perform refuse_instant('tasks', 'created_at', new.created_at);
  end if;
  if tg_op = 'INSERT' or new.started_at is distinct from old.started_at then
    perform refuse_instant('tasks', 'started_at', new.started_at);
  end if;
  if tg_op = 'INSERT' or new.heartbeat_at is distinct from old.heartbeat_at then
    perform refuse_instant('tasks', 'heartbeat_at', new.heartbeat_at);
  end if;
  if tg_op = 'INSERT' or new.paused_at is distinct from old.paused_at then
    perform refuse_instant('tasks', 'paused_at', new.paused_at);
  end if;
  if tg_op = 'INSERT' or new.asked_at is distinct from old.asked_at then
    perform refuse_instant('tasks', 'asked_at', new.asked_at);
  end if;
  if tg_op = 'INSERT' or new.answered_at is distinct from old.answered_at then
    perform refuse_instant('tasks', 'answered_at', new.answered_at);
  end if;
  if tg_op = 'INSERT' or new.stage_since is distinct from old.stage_since then
    perform refuse_instant('tasks', 'stage_since', new.stage_since);
  end if;
  if tg_op = 'INSERT' or new.held_at is distinct from old.held_at then
    perform refuse_instant('tasks', 'held_at', new.held_at);
  end if;
  if (tg_op = 'INSERT' or new.payload is distinct from old.payload) and jsonb_typeof(new.payload) <> 'object' then
    raise exception 'payload of tasks must be a JSON object, not %', jsonb_typeof(new.payload)
      using errcode = 'check_violation', table = 'tasks', column = 'payload', constraint = 'tasks_payload_is_an_object',
            hint = 'A worker is given an object: write {"value": …}.';
  end if;
  return new;
end $$;

drop trigger tasks_begin_well_formed on tasks;
create trigger tasks_begin_well_formed before insert on tasks for each row
  when (current_setting('orchestra.adds_itself', true) is distinct from 'on')
  execute function task_is_well_formed();

drop trigger tasks_enter_lane on tasks;
create trigger tasks_enter_lane before insert on tasks for each row
  when (new.status = 'queued'
        and (new.lane_id is null or current_setting('orchestra.adds_itself', true) is distinct from 'on'))
  execute function task_enters_lane();

-- Adds tasks in the order given; all of them or none. Answers their ids in that order.
create or replace function orchestra_add(given jsonb, by text, traceparent text) returns text[]
language plpgsql volatile as $$
declare
  -- of which lane each of them is
  keys constant bytea[] := array(
    select lane_key((g.item ->> 'priority')::smallint, g.item ->> 'repo',
                    g.item ->> 'agent_id', g.item ->> 'skill', g.item ->> 'quest_id', g.item ->> 'actor_id')
      from jsonb_array_elements(given) with ordinality as g(item, nth)
     order by g.nth);
  ids bigint[];
  lanes bigint[];
  is_plain boolean;
  come record;
begin
  -- Lanes that are not there yet, in the order of their keys: two callers who bring the same ones in different orders
  -- would otherwise wait for each other. Gates are locked by the trigger (docs/locking.md).
  if exists (select from unnest(keys) as k(key) where not exists (select from task_lanes l where l.key = k.key)) then
    insert into task_lanes (key, priority, repo, agent_id, skill, quest_id, actor_id, head)
    select distinct on (k.key) k.key, k.priority, k.repo, k.agent_id, k.skill, k.quest_id, k.actor_id, h.id + 1
      from jsonb_to_recordset(given) as g(
             priority smallint, repo text, agent_id text, skill text, quest_id text, actor_id text)
     cross join task_horizon h
     cross join lateral (
           select lane_key(g.priority, g.repo, g.agent_id, g.skill, g.quest_id, g.actor_id) as key, g.*) k
     where not exists (select from task_lanes l where l.key = k.key)
     order by k.key
        on conflict (key) do nothing;
  end if;

  -- Switched off as well: the caller's session may have switched it on.
  is_plain := not exists (select from jsonb_array_elements(given) as g(item) where not is_plain_to_add(g.item));
  perform set_config('orchestra.adds_itself', case when is_plain then 'on' else 'off' end, true);
  with added as (
    insert into tasks (
      repo, agent_id, skill, quest_id, actor_id, pipeline, stage, priority, payload, max_attempts, max_crashes,
      next_eligible_at, created_by, traceparent, lane_id)
    select g.item ->> 'repo', g.item ->> 'agent_id', g.item ->> 'skill', g.item ->> 'quest_id', g.item ->> 'actor_id',
           g.item ->> 'pipeline', g.item ->> 'stage', (g.item ->> 'priority')::smallint, g.item -> 'payload',
           (g.item ->> 'max_attempts')::int, (g.item ->> 'max_crashes')::int,
           coalesce((g.item ->> 'not_before')::timestamptz, now()), by, orchestra_add.traceparent,
           -- Held until the commit, so that nobody drops it. A lane that was dropped since is found by the trigger.
           (select l.id from task_lanes l where l.key = keys[g.nth] for key share)
      from jsonb_array_elements(given) with ordinality as g(item, nth)
     order by g.nth
    returning id, lane_id
  ), events as (
    insert into event_batches (kind, by, task_ids)
    select 'queued', orchestra_add.by, array_agg(a.id order by a.id) from added a having count(*) > 0
  )
  select array_agg(a.id order by a.id), array_agg(distinct a.lane_id) into ids, lanes from added a;

  -- A new task stands behind the horizon and every head, but where an id was drawn long ago, or given again.
  -- The trigger has looked after those of others.
  if is_plain then
    perform set_config('orchestra.adds_itself', 'off', true);
    if exists (select from task_horizon h where greatest(h.id, h.looked_to) >= ids[1])
       or exists (select from task_lanes l where l.id = any (lanes) and l.head > ids[1]) then
      for come in
        select t.lane_id, min(t.id) as first, count(*) as returned
          from tasks t
         where t.id = any (ids)
         group by t.lane_id
         order by t.lane_id
      loop
        update task_lanes l
           set head = least(l.head, come.first),
               returns = l.returns + come.returned,
               deferred_to = least(l.deferred_to, come.first - 1)
         where l.id = come.lane_id;
      end loop;
    end if;
  end if;
  return ids::text[];
end $$;
