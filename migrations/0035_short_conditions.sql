-- Brings short conditions to the triggers that a claim and an ending have to look at: the server reads the condition of
-- each from text again in every statement that may fire it, and these seven were the longest. One short condition now
-- guards all of them, and their functions check the rest (docs/decisions/0058). The effects of a change of a task stay
-- the same; code of every version works beside it. Nothing is read or rewritten.
--
-- The condition is false for what orchestra_turn does to a task without a repo that begins or is done: such a task enters
-- no lane and passes no gate, was neither held, parked nor relabelled, probes for no pause, and its instants come from
-- the clock. Whatever another statement changes is looked at.

-- Instants, and what follows from a new state.
create or replace function task_changes_state() returns trigger language plpgsql as $$
begin
  if not (is_instant(new.next_eligible_at) and is_instant(new.created_at) and is_instant(new.started_at)
      and is_instant(new.heartbeat_at) and is_instant(new.paused_at) and is_instant(new.asked_at)
      and is_instant(new.answered_at) and is_instant(new.stage_since) and is_instant(new.held_at)) then
    if new.next_eligible_at = 'infinity' then new.next_eligible_at := '9999-12-31 23:59:59.999Z'; end if;
    perform refuse_instant('tasks', c.name, c.changed)
       from (values ('next_eligible_at', old.next_eligible_at, new.next_eligible_at),
                    ('created_at', old.created_at, new.created_at),
                    ('started_at', old.started_at, new.started_at),
                    ('heartbeat_at', old.heartbeat_at, new.heartbeat_at),
                    ('paused_at', old.paused_at, new.paused_at),
                    ('asked_at', old.asked_at, new.asked_at),
                    ('answered_at', old.answered_at, new.answered_at),
                    ('stage_since', old.stage_since, new.stage_since),
                    ('held_at', old.held_at, new.held_at)) as c(name, was, changed)
      where c.was is distinct from c.changed;
  end if;

  -- by whatever door a task comes to be held, or is held no more
  if old.status <> new.status and new.status = 'held' then
    new.held_at := coalesce(new.held_at, now());
  elsif old.status <> new.status and old.status = 'held' then
    new.held_at := null; new.held_evidence := null;
  end if;

  if new.paused_at is not null and new.status not in ('queued', 'running', 'held') then
    new.paused_at := null;
  end if;
  if new.paused_at is null then
    new.paused_by := null; new.pause_reason := null;
  elsif old.paused_at is distinct from new.paused_at or old.status <> new.status then
    -- Who parks a parked task anew, by hand too, is who has parked it from then on.
    if old.paused_at <> new.paused_at and (new.paused_by, new.pause_reason) is not distinct from (old.paused_by, old.pause_reason) then
      new.paused_by := null; new.pause_reason := null;
    end if;
    new.paused_by := coalesce(new.paused_by, acting_person());
    new.pause_reason := coalesce(new.pause_reason, 'no reason given');
  end if;

  -- The mark of a probe is good for one run, however that ends, and so are the labels that a run was claimed with.
  if old.probe_of is not null and old.status <> new.status and new.status <> 'running' then
    new.probe_of := null;
  end if;
  if old.labels_at_claim is not null and (new.status <> 'running' or new.run_id is distinct from old.run_id) then
    new.labels_at_claim := null;
  end if;
  return new;
end $$;

drop trigger tasks_change_instants on tasks;
drop trigger tasks_change_state on tasks;
create trigger tasks_change_state before update on tasks
  for each row when (
    current_setting('orchestra.counts_itself', true) is distinct from 'on'
    or new.status in ('queued', 'held') or old.status = 'held'
    or old.paused_at is not null or old.probe_of is not null or old.labels_at_claim is not null)
  execute function task_changes_state();

-- Finds the lane of a task that enters the queue, or makes it, and locks it against being dropped. Its head is lowered
-- after the gates.
create function lane_to_enter(entering tasks, returns boolean) returns bigint language plpgsql as $$
declare
  wanted_key constant bytea := lane_key(
    entering.priority, entering.repo, entering.agent_id, entering.skill, entering.quest_id, entering.actor_id);
  lane record;
begin
  for round in 1..100 loop
    select l.id, l.head into lane from task_lanes l where l.key = wanted_key for key share;
    if found then
      -- A new task stands behind the horizon and every head, but where an id was drawn long ago, or given again.
      if returns or lane.head > entering.id or entering.id <= (select greatest(h.id, h.looked_to) from task_horizon h) then
        perform set_config('orchestra.lanes_change', 'on', true);
      end if;
      return lane.id;
    end if;
    -- Past the horizon nothing can stand in a lane that is not there.
    insert into task_lanes (key, priority, repo, agent_id, skill, quest_id, actor_id, head)
    select wanted_key, entering.priority, entering.repo,
           entering.agent_id, entering.skill, entering.quest_id, entering.actor_id, least(entering.id, h.id + 1)
      from task_horizon h
        on conflict (key) do nothing;
  end loop;
  raise exception 'the lane of task % was dropped % times while the task was entering it', entering.id, 100;
end $$;

create or replace function task_enters_lane() returns trigger language plpgsql as $$
begin
  new.lane_id := lane_to_enter(new, false);
  return new;
end $$;

-- Lanes and gates, last of those that may still change the row. Statement triggers do the rest (docs/locking.md).
create function task_moves() returns trigger language plpgsql as $$
begin
  if new.status = 'queued' and (
      old.status <> 'queued' or old.lane_id is null
      or (old.priority, old.repo, old.agent_id, old.skill, old.quest_id, old.actor_id)
         is distinct from (new.priority, new.repo, new.agent_id, new.skill, new.quest_id, new.actor_id)) then
    new.lane_id := lane_to_enter(new, true);
  end if;
  if (old.repo is not null or new.repo is not null) and task_changes_at_gate(old, new) then
    perform set_config('orchestra.gates_change', 'on', true);
  end if;
  if new.status = 'queued' and old.status = 'queued' and new.paused_at is null and new.deferred_by is null
      and (old.paused_at is not null or new.next_eligible_at < old.next_eligible_at) then
    perform set_config('orchestra.lanes_change', 'on', true);
  end if;
  return new;
end $$;
drop trigger tasks_return_to_lane on tasks;
drop trigger tasks_touch_gate_changed on tasks;
drop trigger tasks_touch_lane on tasks;
drop function task_touches_lane();
create trigger tasks_touch_lines before update on tasks
  for each row when (
    current_setting('orchestra.counts_itself', true) is distinct from 'on'
    or old.repo is not null or new.status = 'queued')
  execute function task_moves();

-- Alerts of held tasks, and counts of finished ones.
create or replace function task_held_alert() returns trigger language plpgsql as $$
declare
  who constant text := coalesce(current_setting('orchestra.who', true), '');
begin
  if old.status = 'held' or new.status <> 'held' or new.held_evidence is null then
    return null;
  end if;
  if who = '' then perform set_config('orchestra.who', coalesce(new.worker_id, ''), true); end if;
  insert into senate_alerts (kind, ref_id, severity, details)
  values ('task_held', new.actor_id, 'high', jsonb_build_object(
    'task_id', new.id::text, 'run_id', old.run_id, 'repo', new.repo, 'pipeline', new.pipeline, 'stage', new.stage, 'skill', new.skill,
    'worker', new.worker_id, 'outcome', new.last_outcome) || new.held_evidence);
  if who = '' then perform set_config('orchestra.who', '', true); end if;
  return null;
end $$;
drop trigger tasks_held_alert on tasks;
create trigger tasks_held_alert after update on tasks
  for each row when (new.status = 'held') execute function task_held_alert();

create or replace function task_is_counted() returns trigger
language plpgsql security definer set search_path from current as $$
begin
  if tg_op = 'UPDATE' and not (
      old.status <> new.status
      and (old.status in ('succeeded', 'failed', 'cancelled') or new.status in ('succeeded', 'failed', 'cancelled'))) then
    return null;
  end if;
  insert into task_totals (succeeded, failed, cancelled)
  select coalesce(sum(c.counts) filter (where c.status = 'succeeded'), 0),
         coalesce(sum(c.counts) filter (where c.status = 'failed'), 0),
         coalesce(sum(c.counts) filter (where c.status = 'cancelled'), 0)
    from (values (case when tg_op <> 'INSERT' then old.status end, -1),
                 (case when tg_op <> 'DELETE' then new.status end, 1)) as c(status, counts);
  return null;
end $$;
drop trigger tasks_count_changed on tasks;
create trigger tasks_count_changed after update of status on tasks
  for each row when (current_setting('orchestra.counts_itself', true) is distinct from 'on') execute function task_is_counted();
