-- Keeps every task findable, whatever becomes of the ids: the horizon says how far a look for writers has gone, a truncate begins it anew, and a
-- task that comes below it lowers its lane's head. A return also brings the sweep that shows pauses back to the task, and each lane keeps for which end
-- of its pause its tasks were put off and what that left over. A park by a person takes over from the park for a question (docs/decisions/0026).
-- Columns with constant defaults, and functions replaced: nothing is rewritten, and older code runs beside as before.

alter table task_horizon
  -- So far the ids reached when somebody last looked for who was writing then. `id` follows when these have ended.
  add column looked_to bigint not null default 0,
  -- How often the tasks were truncated: a look from before says nothing about the ids that come after.
  add column resets bigint not null default 0;

alter table task_lanes
  -- When the pauses end for which the tasks of this lane were put off; null: not by the clock.
  add column deferred_until timestamptz,
  -- The first place that the sweep has left over, because the task was locked, or its time had not come, or it could still turn up; and when to come again.
  add column deferred_left bigint,
  add column deferred_again_at timestamptz;

-- As before, but for what counts as late. An id at or below the horizon is one that comes late: the sequence went back, a session had it in its cache, or it
-- was chosen by hand. `looked_to` is read as well: who began before it was written is waited for before the horizon follows.
create or replace function task_enters_lane() returns trigger language plpgsql as $$
declare
  wanted_key constant bytea := lane_key(new.priority, new.repo, new.agent_id, new.skill, new.quest_id, new.actor_id);
  lane_head bigint;
begin
  for round in 1..100 loop
    select l.id, l.head into new.lane_id, lane_head from task_lanes l where l.key = wanted_key for key share;
    if found then
      if tg_op = 'UPDATE' or lane_head > new.id or new.id <= (select greatest(h.id, h.looked_to) from task_horizon h) then
        perform set_config('orchestra.lanes_change', 'on', true);
      end if;
      return new;
    end if;
    -- Past the horizon nothing can stand in a lane that is not there.
    insert into task_lanes (key, priority, repo, agent_id, skill, quest_id, actor_id, head)
    select wanted_key, new.priority, new.repo, new.agent_id, new.skill, new.quest_id, new.actor_id, least(new.id, h.id + 1) from task_horizon h
    on conflict (key) do nothing;
  end loop;
  raise exception 'the lane of task % was dropped % times while the task was entering it', new.id, 100;
end $$;

-- What may start sooner than the sweep has seen it counts as a return: if a pause covers it, it is put off again.
create function task_touches_lane() returns trigger language plpgsql as $$
begin
  perform set_config('orchestra.lanes_change', 'on', true);
  return new;
end $$;
create trigger tasks_touch_lane before update on tasks
  for each row when (new.status = 'queued' and old.status = 'queued' and new.paused_at is null and new.deferred_by is null
    and (old.paused_at is not null or new.next_eligible_at < old.next_eligible_at))
  execute function task_touches_lane();

create or replace function tasks_return_to_lanes() returns trigger language plpgsql
  -- Planned once, perhaps for a single row.
  set enable_nestloop = off set enable_mergejoin = off set enable_hashjoin = on as $$
declare
  come record;
begin
  perform set_config('orchestra.lanes_change', '', true);
  if tg_op = 'INSERT' then
    for come in
      select n.lane_id, min(n.id) as first, count(*) as returned
        from new_tasks n
       where n.status = 'queued'
       group by n.lane_id
       order by n.lane_id
    loop
      update task_lanes l
         set head = least(l.head, come.first), returns = l.returns + come.returned, deferred_to = least(l.deferred_to, come.first - 1)
       where l.id = come.lane_id and (l.head > come.first or come.first <= (select greatest(h.id, h.looked_to) from task_horizon h));
    end loop;
    return null;
  end if;
  for come in
    select n.lane_id, min(n.id) as first, count(*) as returned
      from new_tasks n
      join old_tasks o on o.id = n.id
     where n.status = 'queued'
       and (o.status <> 'queued' or o.lane_id is distinct from n.lane_id
            or (n.paused_at is null and n.deferred_by is null and (o.paused_at is not null or n.next_eligible_at < o.next_eligible_at)))
     group by n.lane_id
     order by n.lane_id
  loop
    update task_lanes l
       set head = least(l.head, come.first), returns = l.returns + come.returned, deferred_to = least(l.deferred_to, come.first - 1)
     where l.id = come.lane_id;
  end loop;
  return null;
end $$;

-- Ids may begin anew. Lanes are not deleted: others may hold them for tasks that wait for this truncate to end.
create or replace function tasks_are_gone() returns trigger language plpgsql as $$
begin
  update repo_gates set in_progress = 0, waiting = 0, between_stages = 0, head_id = null, head_priority = null, head_has_begun = false,
         agent_id = null, skill = null, quest_id = null, actor_id = null;
  update task_horizon set id = 0, looked_to = 0, resets = resets + 1;
  update task_lanes set head = 0, returns = returns + 1, deferred_by = null, deferred_until = null, deferred_to = 0, deferred_left = null, deferred_again_at = null;
  return null;
end $$;

-- Who parks a parked task anew, by hand too, is who has parked it from then on.
create or replace function task_is_parked() returns trigger language plpgsql as $$
begin
  if new.paused_at is null or new.status not in ('queued', 'running', 'held') then
    new.paused_at := null; new.paused_by := null; new.pause_reason := null;
    return new;
  end if;
  if tg_op = 'UPDATE' and old.paused_at is not null and new.paused_at <> old.paused_at
     and (new.paused_by, new.pause_reason) is not distinct from (old.paused_by, old.pause_reason) then
    new.paused_by := null; new.pause_reason := null;
  end if;
  new.paused_by := coalesce(new.paused_by, acting_person());
  new.pause_reason := coalesce(new.pause_reason, 'no reason given');
  return new;
end $$;

drop trigger tasks_parking_history on tasks;
create trigger tasks_parking_history after update on tasks
  for each row when (old.paused_at is distinct from new.paused_at and new.status in ('queued', 'running', 'held'))
  execute function task_parking_history();
