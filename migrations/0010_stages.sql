-- Brings stages and pipelines, holds with their evidence, retries that use no attempt, the tail of a run's output, and what
-- runners say of their environment (docs/decisions/0018). Columns that are null or constant at first: no row is rewritten.
-- Older code that runs beside moves no task from stage to stage, and is refused where it would take the end of a stage for the end of its task.

alter table tasks
  -- Which table of stages the task goes through, and where in it it stands; 'done' when it is through.
  add column pipeline text,
  add column stage text,
  -- Since when it stands there; null: that is where it was added. A task that has moved is between two stages while it is queued, and
  -- keeps its repo's gate then.
  add column stage_since timestamptz,
  -- How the last run ended that was judged: passed, failed, environment or transient.
  add column last_outcome text,
  -- Runs that failed in other stages and are counted there still: {"testing": 2}. A stage that is passed begins anew.
  add column stage_attempts jsonb,
  -- Runs in a row that ended with a passing disturbance. They use no attempt (P11).
  add column transient_failures integer not null default 0,
  add column held_at timestamptz,
  -- Why it is held, and what to do about it. Null where it waits for an answer alone.
  add column held_evidence jsonb;
alter table tasks
  add constraint tasks_stage_is_of_a_pipeline check ((pipeline is null) = (stage is null)) not valid,
  -- Also for older code that runs beside: it does not know of stages, and would take the end of one for the end of all.
  add constraint tasks_succeeded_is_through check (status <> 'succeeded' or pipeline is null or stage = 'done') not valid,
  add constraint tasks_held_is_unowned check (status <> 'held' or (run_id is null and pid is null and started_at is null)) not valid,
  add constraint tasks_held_since check (held_at is null or status = 'held') not valid,
  add constraint tasks_held_evidence_is_an_object check (jsonb_typeof(held_evidence) = 'object') not valid,
  add constraint tasks_outcome_is_known check (last_outcome in ('passed', 'failed', 'environment', 'transient')) not valid;

alter table task_events drop constraint task_events_kind_check;
alter table task_events add constraint task_events_kind_check check (kind in
  ('queued', 'claimed', 'deferred', 'completed', 'failed', 'released', 'reaped', 'healed', 'parked', 'unparked', 'asked', 'answered', 'probing', 'probed',
   'held', 'retried', 'resumed', 'stage')) not valid;

-- A task moves from stage to stage in the one update that ends its run, and in no other. Its event is written by that very
-- update, so there is no move without one.
create function task_changes_stage() returns trigger language plpgsql as $$
begin
  if old.pipeline is distinct from new.pipeline or old.status <> 'running' or new.status = 'running' or new.last_outcome is null then
    raise exception 'the stage of task % changes when a run of it ends, and at no other time', old.id
      using hint = 'To begin elsewhere, add a task of its pipeline in the stage it is to stand in: POST /api/tasks {"pipeline", "stage", …}.';
  end if;
  new.stage_since := now();
  return new;
end $$;
create trigger tasks_change_stage before update on tasks
  for each row when (old.stage is distinct from new.stage or old.pipeline is distinct from new.pipeline)
  execute function task_changes_stage();

create function task_stage_history() returns trigger language plpgsql as $$
begin
  insert into task_events (task_id, run_id, kind, by, data)
  values (new.id, old.run_id, 'stage', coalesce(old.worker_id, acting_person()), jsonb_build_object(
    'pipeline', new.pipeline, 'from', old.stage, 'to', new.stage, 'outcome', new.last_outcome, 'skill', new.skill, 'status', new.status, 'attempt', old.attempt));
  return null;
end $$;
create trigger tasks_stage_history after update on tasks
  for each row when (old.stage is distinct from new.stage) execute function task_stage_history();

-- By whatever door a task comes to be held, or is held no more.
create function task_hold() returns trigger language plpgsql as $$
begin
  if new.status = 'held' then
    new.held_at := coalesce(new.held_at, now());
  else
    new.held_at := null; new.held_evidence := null;
  end if;
  return new;
end $$;
create trigger tasks_hold before update on tasks
  for each row when (old.status <> new.status and (old.status = 'held' or new.status = 'held')) execute function task_hold();

-- An alert for each hold, but not for questions. Severity high, and of a kind that counts toward no actor's auto-pause: an
-- environment's fault is nobody's conduct.
create function task_held_alert() returns trigger language plpgsql as $$
declare
  who constant text := coalesce(current_setting('orchestra.who', true), '');
begin
  if who = '' then perform set_config('orchestra.who', coalesce(new.worker_id, ''), true); end if;
  insert into senate_alerts (kind, ref_id, severity, details)
  values ('task_held', new.actor_id, 'high', jsonb_build_object(
    'task_id', new.id::text, 'run_id', old.run_id, 'repo', new.repo, 'pipeline', new.pipeline, 'stage', new.stage, 'skill', new.skill,
    'worker', new.worker_id, 'outcome', new.last_outcome) || new.held_evidence);
  if who = '' then perform set_config('orchestra.who', '', true); end if;
  return null;
end $$;
create trigger tasks_held_alert after update on tasks
  for each row when (old.status <> 'held' and new.status = 'held' and new.held_evidence is not null) execute function task_held_alert();

-- The lane of these labels, made where it is not there. Who is about to move several tasks asks for them in the order of their keys, and then goes through
-- them in the order of their ids, as everybody. The key-share lock keeps the lane from being dropped meanwhile.
create function lane_for(priority smallint, repo text, agent_id text, skill text, quest_id text, actor_id text) returns bigint language plpgsql as $$
declare
  wanted_key constant bytea := lane_key(priority, repo, agent_id, skill, quest_id, actor_id);
  lane bigint;
begin
  for round in 1..100 loop
    select l.id into lane from task_lanes l where l.key = wanted_key for key share;
    if found then return lane; end if;
    insert into task_lanes (key, priority, repo, agent_id, skill, quest_id, actor_id, head)
    select wanted_key, lane_for.priority, lane_for.repo, lane_for.agent_id, lane_for.skill, lane_for.quest_id, lane_for.actor_id, h.id + 1 from task_horizon h
    on conflict (key) do nothing;
  end loop;
  raise exception 'a lane was dropped % times while it was wanted', 100;
end $$;

create index tasks_held on tasks (skill) where status = 'held';

-- Between two stages a task is queued, and its repo's gate is still its own: it is the first in line, before any task that
-- has not begun, whatever that one's priority. So nobody else starts, and the claim need not know of stages.
alter table repo_gates
  add column between_stages integer not null default 0,
  -- whether the first in line is between two stages
  add column head_has_begun boolean not null default false;
create index tasks_between_stages on tasks (repo, priority, id)
  where status = 'queued' and repo is not null and paused_at is null and stage_since is not null;

create function task_is_between_stages(t tasks) returns boolean language sql immutable as $$
  select t.status = 'queued' and t.paused_at is null and t.in_line and t.stage_since is not null $$;

drop function count_at_gate(text, tasks, boolean, integer, integer, integer, integer);

-- Brings one change of a task to one gate. Counts move by differences; the first in line is looked up only where it left.
-- Those between two stages wait before all others.
create function count_at_gate(wanted text, task tasks, waits boolean, waits_before integer, waits_now integer,
                              progress_before integer, progress_now integer, between_before integer, between_now integer) returns void language plpgsql as $$
declare
  gate repo_gates := lock_gate(wanted);
  has_begun constant boolean := task.stage_since is not null;
  some_have_begun constant boolean := gate.between_stages > 0 or between_now > 0;
begin
  if gate.head_id = task.id then
    gate.head_id := null;
    -- Statements of their own: they see what those did who held the gate before. Of a statement that changes many tasks they see all, while
    -- the counts come row by row: so the first look may find nothing.
    if some_have_begun then
      select t.id, t.priority, t.agent_id, t.skill, t.quest_id, t.actor_id, true
        into gate.head_id, gate.head_priority, gate.agent_id, gate.skill, gate.quest_id, gate.actor_id, gate.head_has_begun
        from tasks t
       where t.repo = wanted and t.status = 'queued' and t.paused_at is null and t.in_line and t.stage_since is not null
       order by t.priority, t.id limit 1;
    end if;
    if gate.head_id is null then
      select t.id, t.priority, t.agent_id, t.skill, t.quest_id, t.actor_id, t.stage_since is not null
        into gate.head_id, gate.head_priority, gate.agent_id, gate.skill, gate.quest_id, gate.actor_id, gate.head_has_begun
        from tasks t
       where t.repo = wanted and t.status = 'queued' and t.paused_at is null and t.in_line
       order by t.priority, t.id limit 1;
    end if;
  elsif waits and (gate.head_id is null or (has_begun and not gate.head_has_begun)
                   or (has_begun = gate.head_has_begun and (task.priority, task.id) < (gate.head_priority, gate.head_id))) then
    gate.head_id := task.id; gate.head_priority := task.priority; gate.head_has_begun := has_begun;
    gate.agent_id := task.agent_id; gate.skill := task.skill; gate.quest_id := task.quest_id; gate.actor_id := task.actor_id;
  end if;
  update repo_gates g
     set in_progress = g.in_progress + progress_now - progress_before, waiting = g.waiting + waits_now - waits_before,
         between_stages = g.between_stages + between_now - between_before,
         head_id = gate.head_id, head_priority = gate.head_priority, head_has_begun = coalesce(gate.head_has_begun, false),
         agent_id = gate.agent_id, skill = gate.skill, quest_id = gate.quest_id, actor_id = gate.actor_id
   where g.repo = wanted;
end $$;

create or replace function task_at_gate() returns trigger language plpgsql as $$
declare
  gone boolean := tg_op <> 'INSERT' and old.repo is not null;
  here boolean := tg_op <> 'DELETE' and new.repo is not null;
begin
  if gone and here and old.repo = new.repo then
    perform count_at_gate(new.repo, new, task_waits(new), task_waits(old)::int, task_waits(new)::int,
                          task_is_in_progress(old)::int, task_is_in_progress(new)::int,
                          task_is_between_stages(old)::int, task_is_between_stages(new)::int);
    return null;
  end if;
  -- From one repo to another: in the order of their names, as everybody locks gates.
  if gone and here and new.repo < old.repo then perform lock_gate(new.repo); end if;
  if gone then
    perform count_at_gate(old.repo, old, false, task_waits(old)::int, 0, task_is_in_progress(old)::int, 0, task_is_between_stages(old)::int, 0);
  end if;
  if here then
    perform count_at_gate(new.repo, new, task_waits(new), 0, task_waits(new)::int, 0, task_is_in_progress(new)::int, 0, task_is_between_stages(new)::int);
  end if;
  return null;
end $$;

drop trigger tasks_move_at_gate on tasks;
create trigger tasks_move_at_gate after update on tasks
  for each row when ((old.repo is not null or new.repo is not null)
    and (old.repo, old.status, old.paused_at is null, old.in_line, old.stage_since is null, old.priority, old.agent_id, old.skill, old.quest_id, old.actor_id)
        is distinct from (new.repo, new.status, new.paused_at is null, new.in_line, new.stage_since is null, new.priority, new.agent_id, new.skill, new.quest_id, new.actor_id))
  execute function task_at_gate();

create or replace function tasks_are_gone() returns trigger language plpgsql as $$
begin
  update repo_gates set in_progress = 0, waiting = 0, between_stages = 0, head_id = null, head_priority = null, head_has_begun = false,
         agent_id = null, skill = null, quest_id = null, actor_id = null;
  return null;
end $$;

-- The tail of what a run has printed so far. Apart from `tasks`, whose rows are written far more often than this is read; and
-- not logged: after a crash of the server it is empty, and what a run has to keep is in its result or its report.
create unlogged table task_output (
  task_id bigint primary key,
  run_id uuid not null,
  tail text not null,
  at timestamptz not null default now()
);

-- What each runner last said of its environment.
create table runner_preflights (
  runner text not null,
  worker text not null,
  at timestamptz not null default now(),
  host text,
  outcome text not null check (outcome in ('passed', 'failed', 'environment', 'transient')),
  exec_host_side boolean not null default false,
  summary text not null,
  fix text,
  checks jsonb not null default '[]',
  primary key (runner, worker)
);
create index runner_preflights_at on runner_preflights (at);
