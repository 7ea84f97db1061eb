-- Brings the lanes: one for each priority and set of labels that tasks wait under. A claim that looks for the next task
-- looks at lanes, not at tasks, so a paused backlog costs it nothing, however deep it is (P1, P9; docs/decisions/0014).

create table task_lanes (
  id bigint generated always as identity primary key,
  key bytea not null unique,
  priority smallint not null,
  repo text,
  agent_id text,
  skill text,
  quest_id text,
  actor_id text,
  -- A lower bound: no queued task of this lane stands before it. Whoever raises it must be sure of that; whoever puts a
  -- task back lowers it, and counts a return, by which a raise that was decided on an older state is dropped.
  head bigint not null default 0,
  returns bigint not null default 0,
  -- How far the tasks of this lane have been put off for a pause, and for which one.
  deferred_by bigint,
  deferred_to bigint not null default 0
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01);
create index task_lanes_head on task_lanes (priority, head);

-- Every task with an id up to this one can be seen by everybody, or never will be: ids are drawn before their transactions
-- commit, so a lane's head may not be raised past the ids that could still turn up.
create table task_horizon (only_row boolean primary key default true check (only_row), id bigint not null);
insert into task_horizon (id) values (0);

-- The same labels give the same key. A digest, because six labels do not fit into an index entry.
create function lane_key(priority smallint, repo text, agent_id text, skill text, quest_id text, actor_id text) returns bytea
  language sql immutable parallel safe
  return sha256(convert_to(jsonb_build_array(priority, repo, agent_id, skill, quest_id, actor_id)::text, 'UTF8'));

alter table tasks
  add column lane_id bigint,
  -- Where the task stands: by this the claim orders. A column of its own, so that the planner cannot walk the primary key
  -- and throw away all other lanes' tasks.
  add column place bigint generated always as (id) stored;

-- Every door into the queue leads through here. The key-share lock keeps the lane from being dropped while it looks empty.
create function task_enters_lane() returns trigger language plpgsql as $$
declare
  wanted_key constant bytea := lane_key(new.priority, new.repo, new.agent_id, new.skill, new.quest_id, new.actor_id);
  lane_head bigint;
begin
  for round in 1..100 loop
    select l.id, l.head into new.lane_id, lane_head from task_lanes l where l.key = wanted_key for key share;
    if found then
      if tg_op = 'UPDATE' or lane_head > new.id then
        update task_lanes l set head = least(l.head, new.id), returns = l.returns + 1 where l.id = new.lane_id;
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
create trigger tasks_enter_lane before insert on tasks
  for each row when (new.status = 'queued') execute function task_enters_lane();
create trigger tasks_return_to_lane before update on tasks
  for each row when (new.status = 'queued' and (old.status <> 'queued' or old.lane_id is null
    or (old.priority, old.repo, old.agent_id, old.skill, old.quest_id, old.actor_id)
       is distinct from (new.priority, new.repo, new.agent_id, new.skill, new.quest_id, new.actor_id)))
  execute function task_enters_lane();

update tasks set lane_id = null where status = 'queued';
alter table tasks add constraint tasks_queued_is_in_a_lane check (status <> 'queued' or lane_id is not null);

drop index tasks_ready;
drop index tasks_deferred;
create index tasks_ready on tasks (priority, place) where status = 'queued' and repo is null;
create index tasks_lane on tasks (lane_id, place) where status = 'queued';
create index tasks_deferred on tasks (deferred_by) where status = 'queued' and deferred_by is not null;
-- What becomes eligible by the clock: retries, and tasks that were added for later.
create index tasks_due on tasks (next_eligible_at) where status = 'queued' and next_eligible_at > created_at;

-- What waits under a scope is counted through its lanes, and what runs is little enough to be looked through. Four index
-- entries less for every task that is added, and four for every one that is claimed.
drop index tasks_agent;
drop index tasks_skill;
drop index tasks_quest;
drop index tasks_actor;
