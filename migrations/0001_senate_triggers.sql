-- Brings the bells and the history. Triggers, so that every door (API, CLI, psql, another system) rings and is written down.

-- Rings unless the server's notification queue is nearly full: an error there would surface at commit and take the
-- pause with it (SQLSTATE 54000). Asking for the usage also lets the server free what has been read. Replicas re-read
-- by themselves, so a bell that is not rung costs time only.
create function senate_ring() returns trigger language plpgsql as $$
begin
  if pg_notification_queue_usage() < 0.9 and current_setting('orchestra.bell', true) is distinct from 'off' then
    perform pg_notify('orchestra', tg_argv[0]);
  end if;
  return null;
end $$;

create trigger senate_pause_bell after insert or update on senate_pause
  for each statement execute function senate_ring('pause');
create trigger senate_alerts_bell after insert or update on senate_alerts
  for each statement execute function senate_ring('alert');

create function senate_pause_facts(p senate_pause) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'id', p.id::text, 'scope_kind', p.scope_kind, 'scope_value', p.scope_value, 'reason', p.reason,
    'paused_at', p.paused_at, 'paused_by', p.paused_by, 'source', p.source, 'ttl_seconds', p.ttl_seconds,
    'expires_at', p.paused_at + make_interval(secs => p.ttl_seconds),
    'cleared_at', p.cleared_at, 'cleared_by', p.cleared_by, 'quiet_at', p.quiet_at)
$$;

create function senate_pause_history() returns trigger language plpgsql as $$
declare
  what text;
  who text;
begin
  if tg_op = 'INSERT' then
    what := 'created'; who := new.paused_by;
  elsif old.cleared_at is null and new.cleared_at is not null then
    what := case when new.cleared_by = 'senate.ttl' then 'expired' else 'cleared' end;
    who := coalesce(new.cleared_by, current_user);
  elsif old.quiet_at is null and new.quiet_at is not null then
    what := 'quiet'; who := 'senate.quiet';
  elsif new is distinct from old then
    what := 'changed'; who := coalesce(nullif(current_setting('orchestra.who', true), ''), current_user);
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

create trigger senate_pause_history after insert or update on senate_pause
  for each row execute function senate_pause_history();

-- A pause that was answered must survive a crash of the server, also where the server or the role was set up to
-- acknowledge early. Stronger settings (remote_apply) stay.
create function senate_pause_durable() returns trigger language plpgsql as $$
begin
  if current_setting('synchronous_commit') in ('off', 'local', 'remote_write') then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  return null;
end $$;

create trigger senate_pause_durable before insert or update on senate_pause
  for each statement execute function senate_pause_durable();

create function senate_alert_history() returns trigger language plpgsql as $$
declare
  facts jsonb := jsonb_build_object('id', new.id::text, 'kind', new.kind, 'ref_id', new.ref_id, 'severity', new.severity,
    'details', new.details, 'created_at', new.created_at, 'ack_at', new.ack_at, 'ack_by', new.ack_by);
begin
  if tg_op = 'INSERT' then
    insert into senate_events (type, data) values ('alert.created', facts);
    insert into senate_audit (by, action, subject_kind, subject_id, why, data)
    values (coalesce(nullif(current_setting('orchestra.who', true), ''), current_user), 'alert.created', 'alert', new.id::text, null, facts);
  elsif old.ack_at is null and new.ack_at is not null then
    insert into senate_audit (by, action, subject_kind, subject_id, why, data)
    values (coalesce(new.ack_by, current_user), 'alert.acknowledged', 'alert', new.id::text, null, facts);
  end if;
  return null;
end $$;

create trigger senate_alerts_history after insert or update on senate_alerts
  for each row execute function senate_alert_history();

create function senate_keep_history() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'senate_pause' then
    raise exception 'senate_pause keeps its history: rows are not deleted'
      using hint = 'To end a pause: update senate_pause set cleared_at = now(), cleared_by = ''<you>'' where id = …';
  end if;
  raise exception '% keeps its history: rows are neither changed nor deleted', tg_table_name;
end $$;

create trigger senate_pause_keep before delete or truncate on senate_pause
  for each statement execute function senate_keep_history();
create trigger senate_audit_keep before update or delete or truncate on senate_audit
  for each statement execute function senate_keep_history();
