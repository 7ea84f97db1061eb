-- Brings rules for rows that are typed by hand: labels as the API takes them, instants that every reader can hold, payloads
-- that are objects. Brings two pauses of one scope in one microsecond, and a memory of labels (docs/decisions/0029).
-- Rows that are already there stay. On tables that grow the rules are triggers on the columns that change, not constraints:
-- a constraint would also refuse every later update of an old row, and so stop the claim that meets one.

-- All labels that tasks and workers have carried and that no lane and no sighting shows any more. Written by worker-claimer when it drops
-- a lane or a sighting, never by a claim. By this a pause can say that nothing has ever carried its scope.
create table known_labels (
  kind text not null check (kind in ('agent', 'skill', 'quest', 'actor')),
  value text not null,
  -- without case, blanks and separators: finds what differs in these alone
  folded text not null,
  seen_on date not null default current_date,
  primary key (kind, value)
);

create function label_folded(value text) returns text language sql immutable parallel safe
  return lower(translate(value, E' \u00a0-_./:@', ''));

-- First, while nothing is locked yet: this reads all tasks once.
insert into known_labels (kind, value, folded)
select k.kind, k.value, label_folded(k.value)
  from (select distinct c.kind, c.value
          from tasks t
         cross join lateral (values ('agent', t.agent_id), ('skill', t.skill), ('quest', t.quest_id), ('actor', t.actor_id)) as c(kind, value)
         where c.value is not null) k;
create index known_labels_folded on known_labels (kind, folded);

-- One spelling for each label: José from a keyboard and José from a file name are the same agent (Unicode NFC).
create function label_nfc(value text) returns text language sql immutable parallel safe
  return case when value ~ '^[ -~]*$' or getdatabaseencoding() <> 'UTF8' then value else normalize(value, nfc) end;

-- What the API's schema `label` says (packages/pause-core/src/contract/text.ts); label.db.test.ts holds the two together.
-- Null: it may be a label. Otherwise: what is wrong with it.
create function label_problem(value text) returns text language sql immutable parallel safe
  return case
    when value ~ '^[!-~]([ -~]*[!-~])?$' and length(value) <= 200 then null
    when value = '' then 'must not be empty'
    when length(value) > 200 then 'must be at most 200 characters'
    when value ~ '[\u0001-\u001f\u007f-\u009f\u2028\u2029]' then 'must hold printable characters only'
    when value ~ '[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0]' then 'must not hold invisible characters'
    when value ~ '^[\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]' or value ~ '[\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]$'
      then 'must not be blank or begin or end with a blank'
  end;

create function refuse_label(table_name text, column_name text, value text) returns void language plpgsql as $$
begin
  if label_problem(value) is not null then
    raise exception '% of % %', column_name, table_name, label_problem(value)
      using errcode = 'check_violation', table = table_name, column = column_name, constraint = table_name || '_' || column_name || '_is_a_label',
            detail = 'Its bytes are: ' || encode(convert_to(value, 'UTF8'), 'escape'), hint = 'A label has 1 to 200 printable characters, with no blank at either end, as the API takes it.';
  end if;
end $$;

-- Between the years 1970 and 9999: what RFC 3339 can say and every reader can hold. `infinity` is none.
create function is_instant(value timestamptz) returns boolean language sql immutable parallel safe
  return value is null or (value >= '1970-01-01Z'::timestamptz and value < '10000-01-01Z'::timestamptz);

create function refuse_instant(table_name text, column_name text, value timestamptz) returns void language plpgsql as $$
begin
  if not is_instant(value) then
    raise exception '% of % must be between the years 1970 and 9999, not %', column_name, table_name, value
      using errcode = 'check_violation', table = table_name, column = column_name, constraint = table_name || '_' || column_name || '_is_an_instant';
  end if;
end $$;

-- The pauses. Their key was (scope, paused_at): of two pauses of one scope in one microsecond, or in one transaction of psql, one
-- failed (P7: each is a row of its own). Whoever inserts with `on conflict (scope_kind, scope_value, paused_at)` writes `on conflict do nothing`.
-- A foreign key of another system that rests on the old key, or on the unique index of id, keeps it.
do $$
declare
  referenced constant text[] := array(
    select i.relname::text from pg_constraint c join pg_class i on i.oid = c.conindid where c.contype = 'f' and c.confrelid = 'senate_pause'::regclass);
begin
  if 'senate_pause_pkey' = any (referenced) then
    raise notice 'senate_pause keeps its key (scope_kind, scope_value, paused_at), because a foreign key rests on it';
    return;
  end if;
  alter table senate_pause drop constraint senate_pause_pkey;
  if not 'senate_pause_id_key' = any (referenced) then
    alter table senate_pause drop constraint senate_pause_id_key;
  end if;
  alter table senate_pause add constraint senate_pause_pkey primary key (id);
end $$;
create index senate_pause_scope on senate_pause (scope_kind, scope_value, paused_at);

create function senate_pause_is_well_formed() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' or new.scope_value is distinct from old.scope_value then
    new.scope_value := label_nfc(new.scope_value);
    perform refuse_label('senate_pause', 'scope_value', new.scope_value);
  end if;
  if tg_op = 'INSERT' or new.cleared_at is distinct from old.cleared_at then perform refuse_instant('senate_pause', 'cleared_at', new.cleared_at); end if;
  if tg_op = 'INSERT' or new.quiet_at is distinct from old.quiet_at then perform refuse_instant('senate_pause', 'quiet_at', new.quiet_at); end if;
  if tg_op = 'INSERT' or new.stayed_at is distinct from old.stayed_at then perform refuse_instant('senate_pause', 'stayed_at', new.stayed_at); end if;
  if tg_op = 'INSERT' or new.probing_at is distinct from old.probing_at then perform refuse_instant('senate_pause', 'probing_at', new.probing_at); end if;
  if tg_op = 'INSERT' or new.warned_at is distinct from old.warned_at then perform refuse_instant('senate_pause', 'warned_at', new.warned_at); end if;
  return new;
end $$;
create trigger senate_pause_well_formed before insert or update on senate_pause
  for each row execute function senate_pause_is_well_formed();

-- The tasks. `infinity` as the earliest start says "not by itself", and has the last instant that can be told for it.
create function task_is_well_formed() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' or (new.repo, new.agent_id, new.skill, new.quest_id, new.actor_id) is distinct from (old.repo, old.agent_id, old.skill, old.quest_id, old.actor_id) then
    new.repo := label_nfc(new.repo); new.agent_id := label_nfc(new.agent_id); new.skill := label_nfc(new.skill);
    new.quest_id := label_nfc(new.quest_id); new.actor_id := label_nfc(new.actor_id);
    if tg_op = 'INSERT' or new.repo is distinct from old.repo then perform refuse_label('tasks', 'repo', new.repo); end if;
    if tg_op = 'INSERT' or new.agent_id is distinct from old.agent_id then perform refuse_label('tasks', 'agent_id', new.agent_id); end if;
    if tg_op = 'INSERT' or new.skill is distinct from old.skill then perform refuse_label('tasks', 'skill', new.skill); end if;
    if tg_op = 'INSERT' or new.quest_id is distinct from old.quest_id then perform refuse_label('tasks', 'quest_id', new.quest_id); end if;
    if tg_op = 'INSERT' or new.actor_id is distinct from old.actor_id then perform refuse_label('tasks', 'actor_id', new.actor_id); end if;
  end if;
  if tg_op = 'INSERT' or new.next_eligible_at is distinct from old.next_eligible_at then
    if new.next_eligible_at = 'infinity' then new.next_eligible_at := '9999-12-31 23:59:59.999Z'; end if;
    perform refuse_instant('tasks', 'next_eligible_at', new.next_eligible_at);
  end if;
  if tg_op = 'INSERT' or new.created_at is distinct from old.created_at then perform refuse_instant('tasks', 'created_at', new.created_at); end if;
  if tg_op = 'INSERT' or new.started_at is distinct from old.started_at then perform refuse_instant('tasks', 'started_at', new.started_at); end if;
  if tg_op = 'INSERT' or new.heartbeat_at is distinct from old.heartbeat_at then perform refuse_instant('tasks', 'heartbeat_at', new.heartbeat_at); end if;
  if tg_op = 'INSERT' or new.paused_at is distinct from old.paused_at then perform refuse_instant('tasks', 'paused_at', new.paused_at); end if;
  if tg_op = 'INSERT' or new.asked_at is distinct from old.asked_at then perform refuse_instant('tasks', 'asked_at', new.asked_at); end if;
  if tg_op = 'INSERT' or new.answered_at is distinct from old.answered_at then perform refuse_instant('tasks', 'answered_at', new.answered_at); end if;
  if tg_op = 'INSERT' or new.stage_since is distinct from old.stage_since then perform refuse_instant('tasks', 'stage_since', new.stage_since); end if;
  if tg_op = 'INSERT' or new.held_at is distinct from old.held_at then perform refuse_instant('tasks', 'held_at', new.held_at); end if;
  if (tg_op = 'INSERT' or new.payload is distinct from old.payload) and jsonb_typeof(new.payload) <> 'object' then
    raise exception 'payload of tasks must be a JSON object, not %', jsonb_typeof(new.payload)
      using errcode = 'check_violation', table = 'tasks', column = 'payload', constraint = 'tasks_payload_is_an_object',
            hint = 'A worker is given an object: write {"value": …}.';
  end if;
  return new;
end $$;

-- The conditions are looked at without calling anything, and hold for no row that the services write. The names stand before
-- tasks_enter_lane in the alphabet, so the lane is that of the labels as they are kept.
create trigger tasks_begin_well_formed before insert on tasks
  for each row when (
    coalesce(new.repo, '-') || E'\n' || coalesce(new.agent_id, '-') || E'\n' || coalesce(new.skill, '-') || E'\n' || coalesce(new.quest_id, '-') || E'\n' || coalesce(new.actor_id, '-')
      !~ '^([!-~]([ -~]*[!-~])?(\n|$)){5}$'
    or greatest(length(new.repo), length(new.agent_id), length(new.skill), length(new.quest_id), length(new.actor_id)) > 200
    or not (is_instant(new.next_eligible_at) and is_instant(new.created_at) and is_instant(new.started_at) and is_instant(new.heartbeat_at) and is_instant(new.paused_at)
            and is_instant(new.asked_at) and is_instant(new.answered_at) and is_instant(new.stage_since) and is_instant(new.held_at))
    or jsonb_typeof(new.payload) <> 'object')
  execute function task_is_well_formed();
create trigger tasks_change_well_formed before update of repo, agent_id, skill, quest_id, actor_id on tasks
  for each row when ((new.repo, new.agent_id, new.skill, new.quest_id, new.actor_id) is distinct from (old.repo, old.agent_id, old.skill, old.quest_id, old.actor_id))
  execute function task_is_well_formed();
create trigger tasks_change_instants before update on tasks
  for each row when (
    not (is_instant(new.next_eligible_at) and is_instant(new.created_at) and is_instant(new.started_at) and is_instant(new.heartbeat_at) and is_instant(new.paused_at)
         and is_instant(new.asked_at) and is_instant(new.answered_at) and is_instant(new.stage_since) and is_instant(new.held_at)))
  execute function task_is_well_formed();
create trigger tasks_change_payload before update of payload on tasks
  for each row when (jsonb_typeof(new.payload) <> 'object') execute function task_is_well_formed();

-- Through the index of what waits for its time: not all tasks are read.
update tasks set next_eligible_at = '9999-12-31 23:59:59.999Z'
 where status = 'queued' and next_eligible_at > created_at and next_eligible_at >= '10000-01-01Z';

create function repo_gate_is_well_formed() returns trigger language plpgsql as $$
begin
  new.repo := label_nfc(new.repo);
  perform refuse_label('repo_gates', 'repo', new.repo);
  return new;
end $$;
create trigger repo_gates_well_formed before insert on repo_gates
  for each row when (new.repo !~ '^[!-~]([ -~]*[!-~])?$' or length(new.repo) > 200) execute function repo_gate_is_well_formed();

-- What these hold is never changed afterwards, or is little enough to be put right and looked through here.
alter table task_events add constraint task_events_at_is_an_instant check (is_instant(at)) not valid;
alter table senate_audit add constraint senate_audit_at_is_an_instant check (is_instant(at)) not valid;
alter table senate_events add constraint senate_events_at_is_an_instant check (is_instant(at)) not valid;

-- A token that ends at `infinity` never ends.
create function api_token_is_well_formed() returns trigger language plpgsql as $$
begin
  if new.expires_at = 'infinity' then new.expires_at := null; end if;
  return new;
end $$;
create trigger api_tokens_well_formed before insert or update of expires_at on api_tokens
  for each row when (new.expires_at = 'infinity') execute function api_token_is_well_formed();
update api_tokens set expires_at = null where expires_at = 'infinity';
update api_tokens
   set created_at = greatest('1970-01-01Z', least(created_at, '9999-12-31Z')), expires_at = greatest('1970-01-01Z', least(expires_at, '9999-12-31Z')),
       last_used_at = greatest('1970-01-01Z', least(last_used_at, '9999-12-31Z')), revoked_at = greatest('1970-01-01Z', least(revoked_at, '9999-12-31Z'))
 where not (is_instant(created_at) and is_instant(expires_at) and is_instant(last_used_at) and is_instant(revoked_at));
alter table api_tokens add constraint api_tokens_instants check (is_instant(created_at) and is_instant(expires_at) and is_instant(last_used_at) and is_instant(revoked_at));

update repo_gates set frozen_at = now() where not is_instant(frozen_at);
alter table repo_gates add constraint repo_gates_instants check (is_instant(frozen_at));
delete from worker_sightings where not is_instant(seen_at);
alter table worker_sightings add constraint worker_sightings_instants check (is_instant(seen_at));
delete from runner_preflights where not is_instant(at);
alter table runner_preflights add constraint runner_preflights_instants check (is_instant(at));
