-- Brings what happens when the time of a pause is over: it ends (`resume`), it waits for a person (`stay`), or one task is let
-- through to see how things stand (`probe`); the warnings before that; and a key by which an alert that its sender repeats is known
-- (docs/decisions/0016). Constants as defaults, so nothing is rewritten. A row that is written as before ends as before.

alter table senate_pause
  add column ends_as text not null default 'resume' check (ends_as in ('resume', 'stay', 'probe')),
  -- how long the time under way lasts in full, where the pause was given another end; null: ttl_seconds
  add column period_seconds integer check (period_seconds > 0),
  -- its time is over and it waits for a person
  add column stayed_at timestamptz,
  -- its time is over and it lets one task through at a time: this one, or this one last
  add column probing_at timestamptz,
  add column probe_task_id bigint,
  -- how many warnings of the coming end went out, and when the last one
  add column warnings smallint not null default 0,
  add column warned_at timestamptz;

-- Only `resume` ends by the clock. `ends_at` is when the pause lets go by itself, and null where it does not.
create or replace view active_pauses as
  select p.id, p.scope_kind, p.scope_value, p.paused_at, p.paused_by, p.reason, p.ttl_seconds, p.source, p.quiet_at,
         p.cleared_at, p.cleared_by,
         case when p.ends_as = 'resume' then p.paused_at + make_interval(secs => p.ttl_seconds) end as ends_at,
         p.ends_as, p.stayed_at, p.probing_at, p.probe_task_id, p.warned_at
    from senate_pause p
   where p.cleared_at is null
     and (p.ttl_seconds is null or p.ends_as <> 'resume' or p.paused_at + make_interval(secs => p.ttl_seconds) > now());

-- Another end begins another time, by whatever door it comes: it warns, stays and probes anew. Rounded down, because ends are whole seconds from
-- the beginning of the pause and so a little later than asked for: the same time asked for again and again stays the same.
create function senate_pause_begins_anew() returns trigger language plpgsql as $$
begin
  new.stayed_at := null; new.probing_at := null; new.probe_task_id := null;
  if new.ttl_seconds is distinct from old.ttl_seconds then
    new.period_seconds := case when new.ttl_seconds is not null then
      greatest(1, floor(extract(epoch from new.paused_at + make_interval(secs => new.ttl_seconds) - statement_timestamp()))) end;
    new.warnings := 0; new.warned_at := null;
  end if;
  return new;
end $$;
create trigger senate_pause_another_end before update on senate_pause
  for each row when (new.cleared_at is null and (old.ttl_seconds, old.ends_as) is distinct from (new.ttl_seconds, new.ends_as))
  execute function senate_pause_begins_anew();

create or replace function senate_pause_facts(p senate_pause) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'id', p.id::text, 'scope_kind', p.scope_kind, 'scope_value', p.scope_value, 'reason', p.reason,
    'paused_at', p.paused_at, 'paused_by', p.paused_by, 'source', p.source, 'ttl_seconds', p.ttl_seconds,
    'expires_at', p.paused_at + make_interval(secs => p.ttl_seconds),
    'cleared_at', p.cleared_at, 'cleared_by', p.cleared_by, 'quiet_at', p.quiet_at,
    'then', p.ends_as, 'stayed_at', p.stayed_at, 'probing_at', p.probing_at, 'probe_task_id', p.probe_task_id::text, 'warned_at', p.warned_at)
$$;

create or replace function senate_pause_history() returns trigger language plpgsql as $$
declare
  what text;
  who text := acting_person();
begin
  if tg_op = 'INSERT' then
    what := 'created'; who := new.paused_by;
  elsif old.cleared_at is null and new.cleared_at is not null then
    what := case when new.cleared_by = 'senate.ttl' then 'expired' else 'cleared' end;
    who := coalesce(new.cleared_by, current_user);
  elsif (old.ttl_seconds, old.ends_as) is distinct from (new.ttl_seconds, new.ends_as) then
    what := 'changed';
  elsif old.stayed_at is null and new.stayed_at is not null then
    what := 'stayed';
  elsif (old.probing_at is null and new.probing_at is not null) or (new.probe_task_id is not null and old.probe_task_id is distinct from new.probe_task_id) then
    what := 'probing';
  elsif new.warnings > old.warnings then
    what := 'warning';
  elsif old.quiet_at is null and new.quiet_at is not null then
    what := 'quiet'; who := 'senate.quiet';
  elsif new is distinct from old then
    what := 'changed';
  else
    return null;
  end if;
  insert into senate_audit (by, action, subject_kind, subject_id, why, data)
  values (who, 'pause.' || what, 'pause', new.id::text,
          case what when 'created' then new.reason else nullif(current_setting('orchestra.why', true), '') end,
          senate_pause_facts(new));
  insert into senate_events (type, data) values ('pause.' || what, senate_pause_facts(new));
  return null;
end $$;

alter table tasks
  -- the pause whose probe this task is: it may start, and run, although that pause holds it
  add column probe_of bigint;
-- One task for each pause. Nearly always empty: what a claim looks at for probes.
create unique index tasks_probe on tasks (probe_of) where probe_of is not null;

-- The mark is good for one run, however that ends.
create function task_probe_is_over() returns trigger language plpgsql as $$
begin
  new.probe_of := null;
  return new;
end $$;
create trigger tasks_probe_over before update on tasks
  for each row when (old.probe_of is not null and old.status <> new.status and new.status <> 'running')
  execute function task_probe_is_over();

alter table task_events drop constraint task_events_kind_check;
alter table task_events add constraint task_events_kind_check check (kind in
  ('queued', 'claimed', 'deferred', 'completed', 'failed', 'released', 'reaped', 'healed', 'parked', 'unparked', 'asked', 'answered',
   'probing', 'probed')) not valid;

-- Who sends an alert may send it again. Under one key it is written down once.
alter table senate_alerts add column if not exists source_key text;
create unique index senate_alerts_source_key on senate_alerts (source_key) where source_key is not null;
