-- Brings one order in which everything that changes tasks takes its locks (docs/locking.md): tasks, then lanes that are missing, by their keys, then gates
-- by name, then lanes by id. Until now the triggers locked gates and lanes row by row, in the order in which a statement came upon its rows, and so in an
-- order that the query plan chose. They now work once for each statement, with all of its rows, and sort. Nothing is rewritten.
-- Older code that runs beside locks the gates of its tasks first and finds nothing changed.

-- Names of repos sort alike in every database, whatever its collation, and as JavaScript sorts them.

-- Every door into the queue leads through here. It finds the lane, or makes it, and locks it against being dropped. The head is lowered after the gates.
create or replace function task_enters_lane() returns trigger language plpgsql as $$
declare
  wanted_key constant bytea := lane_key(new.priority, new.repo, new.agent_id, new.skill, new.quest_id, new.actor_id);
  lane_head bigint;
begin
  for round in 1..100 loop
    select l.id, l.head into new.lane_id, lane_head from task_lanes l where l.key = wanted_key for key share;
    if found then
      -- A new task stands behind the horizon and every head, but where an id was drawn long ago, or given again.
      if tg_op = 'UPDATE' or lane_head > new.id or new.id <= (select h.id from task_horizon h) then
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

-- Lowers the heads of lanes to which tasks have come back, and counts a return for each; lanes by id. Whatever returns has to be put off anew.
create function tasks_return_to_lanes() returns trigger language plpgsql
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
       where l.id = come.lane_id and (l.head > come.first or come.first <= (select h.id from task_horizon h));
    end loop;
    return null;
  end if;
  for come in
    select n.lane_id, min(n.id) as first, count(*) as returned
      from new_tasks n
      join old_tasks o on o.id = n.id
     where n.status = 'queued' and (o.status <> 'queued' or o.lane_id is distinct from n.lane_id)
     group by n.lane_id
     order by n.lane_id
  loop
    update task_lanes l
       set head = least(l.head, come.first), returns = l.returns + come.returned, deferred_to = least(l.deferred_to, come.first - 1)
     where l.id = come.lane_id;
  end loop;
  return null;
end $$;

-- Says that a statement changes something at a gate. Only then is the trigger called that has to look at all of its rows.
create function task_touches_gate() returns trigger language plpgsql as $$
begin
  perform set_config('orchestra.gates_change', 'on', true);
  return case tg_op when 'DELETE' then old else new end;
end $$;

create function task_changes_at_gate(was tasks, now tasks) returns boolean language sql immutable as $$
  select (was.repo is not null or now.repo is not null)
    and (was.repo, was.status, was.paused_at is null, was.in_line, was.stage_since is null, was.priority, was.agent_id, was.skill, was.quest_id, was.actor_id)
        is distinct from (now.repo, now.status, now.paused_at is null, now.in_line, now.stage_since is null, now.priority, now.agent_id, now.skill, now.quest_id, now.actor_id) $$;

-- Locks gates by name, then brings them the changes of all rows of a statement.
create function tasks_at_gates() returns trigger language plpgsql
  set enable_nestloop = off set enable_mergejoin = off set enable_hashjoin = on as $$
declare
  change record;
begin
  perform set_config('orchestra.gates_change', '', true);
  if tg_op = 'INSERT' then
    perform lock_gate(g.repo) from (select distinct n.repo collate "C" as repo from new_tasks n where n.repo is not null order by 1) g;
    for change in select n::tasks as now from new_tasks n where n.repo is not null loop
      perform count_at_gate((change.now).repo, change.now, task_waits(change.now), 0, task_waits(change.now)::int,
                            0, task_is_in_progress(change.now)::int, 0, task_is_between_stages(change.now)::int);
    end loop;
  elsif tg_op = 'DELETE' then
    perform lock_gate(g.repo) from (select distinct o.repo collate "C" as repo from old_tasks o where o.repo is not null and o.status in ('queued', 'running', 'held') order by 1) g;
    for change in select o::tasks as was from old_tasks o where o.repo is not null and o.status in ('queued', 'running', 'held') loop
      perform count_at_gate((change.was).repo, change.was, false, task_waits(change.was)::int, 0,
                            task_is_in_progress(change.was)::int, 0, task_is_between_stages(change.was)::int, 0);
    end loop;
  else
    perform lock_gate(g.repo)
       from (select distinct r.repo collate "C" as repo
               from old_tasks o
               join new_tasks n on n.id = o.id
              cross join lateral (values (o.repo), (n.repo)) r(repo)
              where task_changes_at_gate(o::tasks, n::tasks) and r.repo is not null
              order by 1) g;
    for change in
      select o::tasks as was, n::tasks as now
        from old_tasks o
        join new_tasks n on n.id = o.id
       where task_changes_at_gate(o::tasks, n::tasks)
    loop
      if (change.was).repo = (change.now).repo then
        perform count_at_gate((change.now).repo, change.now, task_waits(change.now), task_waits(change.was)::int, task_waits(change.now)::int,
                              task_is_in_progress(change.was)::int, task_is_in_progress(change.now)::int,
                              task_is_between_stages(change.was)::int, task_is_between_stages(change.now)::int);
        continue;
      end if;
      if (change.was).repo is not null then
        perform count_at_gate((change.was).repo, change.was, false, task_waits(change.was)::int, 0,
                              task_is_in_progress(change.was)::int, 0, task_is_between_stages(change.was)::int, 0);
      end if;
      if (change.now).repo is not null then
        perform count_at_gate((change.now).repo, change.now, task_waits(change.now), 0, task_waits(change.now)::int,
                              0, task_is_in_progress(change.now)::int, 0, task_is_between_stages(change.now)::int);
      end if;
    end loop;
  end if;
  return null;
end $$;

drop trigger tasks_come_to_gate on tasks;
drop trigger tasks_move_at_gate on tasks;
drop trigger tasks_leave_gate on tasks;
drop function task_at_gate();

-- Named so that they come last of those that may still change the row. Tasks without a repo pay for none of this: the conditions are looked at without calling anything.
create trigger tasks_touch_gate_new before insert on tasks
  for each row when (new.repo is not null) execute function task_touches_gate();
create trigger tasks_touch_gate_changed before update on tasks
  for each row when ((old.repo is not null or new.repo is not null)
    and (old.repo, old.status, old.paused_at is null, old.in_line, old.stage_since is null, old.priority, old.agent_id, old.skill, old.quest_id, old.actor_id)
        is distinct from (new.repo, new.status, new.paused_at is null, new.in_line, new.stage_since is null, new.priority, new.agent_id, new.skill, new.quest_id, new.actor_id))
  execute function task_touches_gate();
create trigger tasks_touch_gate_gone before delete on tasks
  for each row when (old.repo is not null and old.status in ('queued', 'running', 'held')) execute function task_touches_gate();

-- Triggers of one moment fire in the order of their names: gates, then lanes.
create trigger tasks_settle_gates_new after insert on tasks referencing new table as new_tasks
  for each statement when (current_setting('orchestra.gates_change', true) = 'on') execute function tasks_at_gates();
create trigger tasks_settle_gates_changed after update on tasks referencing old table as old_tasks new table as new_tasks
  for each statement when (current_setting('orchestra.gates_change', true) = 'on') execute function tasks_at_gates();
create trigger tasks_settle_gates_gone after delete on tasks referencing old table as old_tasks
  for each statement when (current_setting('orchestra.gates_change', true) = 'on') execute function tasks_at_gates();
create trigger tasks_settle_lanes_new after insert on tasks referencing new table as new_tasks
  for each statement when (current_setting('orchestra.lanes_change', true) = 'on') execute function tasks_return_to_lanes();
create trigger tasks_settle_lanes_changed after update on tasks referencing old table as old_tasks new table as new_tasks
  for each statement when (current_setting('orchestra.lanes_change', true) = 'on') execute function tasks_return_to_lanes();

-- Several gates changed by hand, in one statement: all gates are locked by name before. Our own calls change one, and say so.
create function repo_gates_in_order() returns trigger language plpgsql as $$
begin
  perform from repo_gates g order by g.repo collate "C" for no key update;
  return null;
end $$;
create trigger repo_gates_in_order before update of frozen_at, frozen_by, freeze_reason, max_in_progress on repo_gates
  for each statement when (coalesce(current_setting('orchestra.one_gate', true), '') <> 'on') execute function repo_gates_in_order();

-- How many rows the last round could neither heal nor take away; the others it did.
alter table reaper_totals add column rows_failing integer not null default 0;
