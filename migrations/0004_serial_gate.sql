-- Brings parking, questions, and the serial gate: of the tasks that carry a repo, first in, first out, and no more of a repo
-- in progress than its gate allows (docs/decisions/0012).

alter table tasks
  -- Parked: set aside by a person or for a question. Not claimed, not in its repo's line, not counted by its gate.
  add column paused_at timestamptz,
  add column paused_by text,
  add column pause_reason text,
  -- What a run asked, and what it was told. An open question is one without an answer.
  add column questions text,
  add column asked_at timestamptz,
  add column answer text,
  add column answered_at timestamptz,
  add column answered_by text,
  -- false: a task of a repo that was added for later. It gets in line when its time has come.
  add column in_line boolean not null default true,
  add constraint tasks_question_was_asked check ((questions is null) = (asked_at is null)),
  add constraint tasks_answer_has_a_question check (answer is null or (questions is not null and answered_at is not null));

create index tasks_line on tasks (repo, priority, id) where status = 'queued' and repo is not null and paused_at is null and in_line;
create index tasks_in_progress on tasks (repo, id) where status in ('running', 'held') and repo is not null;
create index tasks_parked on tasks (id) where paused_at is not null and status in ('queued', 'running', 'held');
create index tasks_for_later on tasks (next_eligible_at) where status = 'queued' and not in_line;

alter table task_events drop constraint task_events_kind_check;
alter table task_events add constraint task_events_kind_check check (kind in
  ('queued', 'claimed', 'deferred', 'completed', 'failed', 'released', 'reaped', 'healed', 'parked', 'unparked', 'asked', 'answered')) not valid;

alter table senate_audit drop constraint senate_audit_subject_kind_check;
alter table senate_audit add constraint senate_audit_subject_kind_check check (subject_kind in ('pause', 'alert', 'task', 'token', 'repo')) not valid;

create function acting_person() returns text language sql stable as $$
  select coalesce(nullif(current_setting('orchestra.who', true), ''), current_user::text)
$$;

-- So that `update tasks set paused_at = now() where id = …` by hand parks as well as the API does.
create function task_is_parked() returns trigger language plpgsql as $$
begin
  if new.paused_at is null or new.status not in ('queued', 'running', 'held') then
    new.paused_at := null; new.paused_by := null; new.pause_reason := null;
  else
    new.paused_by := coalesce(new.paused_by, acting_person());
    new.pause_reason := coalesce(new.pause_reason, 'no reason given');
  end if;
  return new;
end $$;
create trigger tasks_park before update on tasks
  for each row when (old.paused_at is distinct from new.paused_at or (new.paused_at is not null and old.status <> new.status))
  execute function task_is_parked();
create trigger tasks_begin_parked before insert on tasks
  for each row when (new.paused_at is not null) execute function task_is_parked();

create function task_parking_history() returns trigger language plpgsql as $$
begin
  if new.paused_at is not null then
    insert into task_events (task_id, run_id, kind, by, data)
    values (new.id, new.run_id, 'parked', new.paused_by, jsonb_build_object('reason', new.pause_reason));
  else
    insert into task_events (task_id, run_id, kind, by, data)
    values (new.id, new.run_id, 'unparked', acting_person(), jsonb_build_object('reason', old.pause_reason, 'since', old.paused_at));
  end if;
  return null;
end $$;
create trigger tasks_parking_history after update on tasks
  for each row when ((old.paused_at is null) <> (new.paused_at is null) and new.status in ('queued', 'running', 'held'))
  execute function task_parking_history();

create function task_for_later() returns trigger language plpgsql as $$
begin
  new.in_line := false;
  return new;
end $$;
create trigger tasks_for_later before insert on tasks
  for each row when (new.repo is not null and new.next_eligible_at > now()) execute function task_for_later();

-- One row for each repo that a task has named. What follows from tasks (the last eight columns) is kept by triggers on tasks.
create table repo_gates (
  repo text primary key,
  max_in_progress integer not null default 1 check (max_in_progress between 1 and 1000),
  frozen_at timestamptz,
  frozen_by text,
  freeze_reason text,
  in_progress integer not null default 0,
  waiting integer not null default 0,
  -- the first in line: the only one that may start
  head_id bigint,
  head_priority smallint,
  -- the labels of that one, by which a claim passes over what is paused without looking at tasks
  agent_id text,
  skill text,
  quest_id text,
  actor_id text,
  constraint repo_gates_head check ((head_id is null) = (head_priority is null))
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01);
-- What a claim looks at: gates through which somebody could go.
create index repo_gates_open on repo_gates (head_priority, head_id)
  where head_id is not null and frozen_at is null and in_progress < max_in_progress;
create index repo_gates_waiting on repo_gates (repo) where head_id is not null;

-- Bodies as texts: by a body that the server has parsed a function depends on the table's columns, and since November 2026 (15.20) the server
-- refuses to add a column with a default to such a table.
create function task_waits(t tasks) returns boolean language sql immutable as $$
  select t.status = 'queued' and t.paused_at is null and t.in_line $$;
create function task_is_in_progress(t tasks) returns boolean language sql immutable as $$
  select t.status in ('running', 'held') and t.paused_at is null $$;

-- Locks a repo's gate, which is there afterwards. Held to the end of the transaction, so that whoever counts next counts after it.
create function lock_gate(wanted text) returns repo_gates language plpgsql as $$
declare
  gate repo_gates;
begin
  for round in 1..100 loop
    select g.* into gate from repo_gates g where g.repo = wanted for no key update;
    if found then return gate; end if;
    insert into repo_gates (repo) values (wanted) on conflict (repo) do nothing;
  end loop;
  raise exception 'the gate of repo % cannot be made', wanted;
end $$;

-- Brings one change of a task to one gate. Counts move by differences; the first in line is looked up only where it left.
create function count_at_gate(wanted text, task tasks, waits boolean, waits_before integer, waits_now integer,
                              progress_before integer, progress_now integer) returns void language plpgsql as $$
declare
  gate repo_gates := lock_gate(wanted);
begin
  if gate.head_id = task.id then
    -- A statement of its own: it sees what those did who held the gate before.
    select t.id, t.priority, t.agent_id, t.skill, t.quest_id, t.actor_id
      into gate.head_id, gate.head_priority, gate.agent_id, gate.skill, gate.quest_id, gate.actor_id
      from tasks t
     where t.repo = wanted and t.status = 'queued' and t.paused_at is null and t.in_line
     order by t.priority, t.id limit 1;
  elsif waits and (gate.head_id is null or (task.priority, task.id) < (gate.head_priority, gate.head_id)) then
    gate.head_id := task.id; gate.head_priority := task.priority;
    gate.agent_id := task.agent_id; gate.skill := task.skill; gate.quest_id := task.quest_id; gate.actor_id := task.actor_id;
  end if;
  update repo_gates g
     set in_progress = g.in_progress + progress_now - progress_before, waiting = g.waiting + waits_now - waits_before,
         head_id = gate.head_id, head_priority = gate.head_priority,
         agent_id = gate.agent_id, skill = gate.skill, quest_id = gate.quest_id, actor_id = gate.actor_id
   where g.repo = wanted;
end $$;

create function task_at_gate() returns trigger language plpgsql as $$
declare
  gone boolean := tg_op <> 'INSERT' and old.repo is not null;
  here boolean := tg_op <> 'DELETE' and new.repo is not null;
begin
  if gone and here and old.repo = new.repo then
    perform count_at_gate(new.repo, new, task_waits(new), task_waits(old)::int, task_waits(new)::int,
                          task_is_in_progress(old)::int, task_is_in_progress(new)::int);
    return null;
  end if;
  -- From one repo to another: in the order of their names, as everybody locks gates.
  if gone and here and new.repo < old.repo then perform lock_gate(new.repo); end if;
  if gone then perform count_at_gate(old.repo, old, false, task_waits(old)::int, 0, task_is_in_progress(old)::int, 0); end if;
  if here then perform count_at_gate(new.repo, new, task_waits(new), 0, task_waits(new)::int, 0, task_is_in_progress(new)::int); end if;
  return null;
end $$;
-- Tasks without a repo pay for none of this: the condition is looked at without calling anything.
create trigger tasks_come_to_gate after insert on tasks
  for each row when (new.repo is not null) execute function task_at_gate();
create trigger tasks_move_at_gate after update on tasks
  for each row when ((old.repo is not null or new.repo is not null)
    and (old.repo, old.status, old.paused_at is null, old.in_line, old.priority, old.agent_id, old.skill, old.quest_id, old.actor_id)
        is distinct from (new.repo, new.status, new.paused_at is null, new.in_line, new.priority, new.agent_id, new.skill, new.quest_id, new.actor_id))
  execute function task_at_gate();
create trigger tasks_leave_gate after delete on tasks
  for each row when (old.repo is not null and old.status in ('queued', 'running', 'held')) execute function task_at_gate();

create function tasks_are_gone() returns trigger language plpgsql as $$
begin
  update repo_gates set in_progress = 0, waiting = 0, head_id = null, head_priority = null, agent_id = null, skill = null, quest_id = null, actor_id = null;
  return null;
end $$;
create trigger tasks_truncated after truncate on tasks for each statement execute function tasks_are_gone();

-- A gate that came back would count from nothing.
create function repo_gates_stay() returns trigger language plpgsql as $$
begin
  raise exception 'the gate of a repo is not deleted' using hint = 'It costs nothing. To open it: update repo_gates set frozen_at = null where repo = …';
end $$;
create trigger repo_gates_stay before delete or truncate on repo_gates for each statement execute function repo_gates_stay();

create function repo_is_frozen() returns trigger language plpgsql as $$
begin
  if new.frozen_at is null then
    new.frozen_by := null; new.freeze_reason := null;
  else
    new.frozen_by := coalesce(new.frozen_by, acting_person());
    new.freeze_reason := coalesce(new.freeze_reason, 'no reason given');
  end if;
  return new;
end $$;
create trigger repo_gates_freeze before update on repo_gates
  for each row when (old.frozen_at is distinct from new.frozen_at) execute function repo_is_frozen();
create trigger repo_gates_begin_frozen before insert on repo_gates
  for each row when (new.frozen_at is not null) execute function repo_is_frozen();

-- Freezing, thawing and limiting leave a row in the history, by whatever door they come (P12).
create function repo_gate_history() returns trigger language plpgsql as $$
declare
  what text;
begin
  if tg_op = 'INSERT' or old.frozen_at is distinct from new.frozen_at then
    if new.frozen_at is not null then what := 'frozen'; elsif tg_op = 'UPDATE' then what := 'thawed'; end if;
    if what is not null then
      insert into senate_audit (by, action, subject_kind, subject_id, why, data)
      values (case what when 'frozen' then coalesce(new.frozen_by, acting_person()) else acting_person() end,
              'repo.' || what, 'repo', new.repo, new.freeze_reason, null);
    end if;
  end if;
  if (tg_op = 'INSERT' and new.max_in_progress <> 1) or (tg_op = 'UPDATE' and old.max_in_progress <> new.max_in_progress) then
    insert into senate_audit (by, action, subject_kind, subject_id, data)
    values (acting_person(), 'repo.limited', 'repo', new.repo, jsonb_build_object('max_in_progress', new.max_in_progress));
  end if;
  return null;
end $$;
create trigger repo_gates_begin after insert on repo_gates
  for each row when (new.frozen_at is not null or new.max_in_progress <> 1) execute function repo_gate_history();
create trigger repo_gates_change after update on repo_gates
  for each row when (old.frozen_at is distinct from new.frozen_at or old.max_in_progress <> new.max_in_progress) execute function repo_gate_history();

insert into repo_gates (repo, in_progress, waiting, head_id, head_priority, agent_id, skill, quest_id, actor_id)
select c.repo, c.in_progress, c.waiting, h.id, h.priority, h.agent_id, h.skill, h.quest_id, h.actor_id
  from (select t.repo, count(*) filter (where task_is_in_progress(t)) as in_progress, count(*) filter (where task_waits(t)) as waiting,
               (array_agg(t.id order by t.priority, t.id) filter (where task_waits(t)))[1] as head_id
          from tasks t where t.repo is not null group by t.repo) c
  left join tasks h on h.id = c.head_id;
