-- Brings what answers about the past are judged by: the labels of each claim, and the cluster that made each transaction id
-- (docs/decisions/0030). Nothing is rewritten, and services of the former version go on beside it: the trigger writes what their claims leave out.

-- Transaction ids mean something only within the cluster that counted them: a database that was restored elsewhere holds ids of two. Null: not known
-- here (some managed servers do not tell).
create function cluster_id() returns text language plpgsql stable parallel safe as $$
begin
  return (select c.system_identifier::text from pg_control_system() c);
exception when insufficient_privilege or undefined_function then
  return null;
end $$;

-- Without a default at first, so that events from before stay without it.
alter table senate_events add column cluster text;
alter table senate_events alter column cluster set default cluster_id();

-- The labels as the task carried them when it was claimed. The claim's own statement writes both; this does for whoever else writes such an event.
create function task_event_bears_witness() returns trigger language plpgsql as $$
begin
  new.data := jsonb_build_object('cluster', to_jsonb(cluster_id()), 'labels', (
    select jsonb_strip_nulls(jsonb_build_object('agent_id', t.agent_id, 'skill', t.skill, 'quest_id', t.quest_id, 'actor_id', t.actor_id))
      from tasks t where t.id = new.task_id)) || coalesce(new.data, '{}');
  return new;
end $$;
create trigger task_events_bear_witness before insert on task_events
  for each row when (new.kind = 'claimed' and (new.data -> 'labels' is null or new.data -> 'cluster' is null))
  execute function task_event_bears_witness();

-- A senate_alerts of an older system that lies behind the first schema of the search_path is the one to use: 0000 has made a second, empty one in front of
-- it. It goes, and the older system's gets what 0000 to 0010 bring.
do $$
declare
  ours constant regclass := 'senate_alerts'::regclass;
  theirs regclass;
  any_row boolean;
begin
  select c.oid::regclass into theirs
    from unnest(current_schemas(false)) with ordinality as s(name, n)
    join pg_namespace d on d.nspname = s.name
    join pg_class c on c.relnamespace = d.oid and c.relname = 'senate_alerts' and c.relkind = 'r' and c.oid <> ours
   order by s.n limit 1;
  if theirs is null then return; end if;
  execute format('select exists (select from %s)', ours) into any_row;
  if any_row then return; end if;
  execute format('drop table %s', ours);
  alter table senate_alerts
    add column if not exists id bigserial, add column if not exists kind text, add column if not exists ref_id text,
    add column if not exists severity text not null default 'medium', add column if not exists details jsonb,
    add column if not exists ack_at timestamptz, add column if not exists ack_by text, add column if not exists created_at timestamptz,
    add column if not exists fed_pause bigint, add column if not exists source_key text;
  alter table senate_alerts alter column created_at set default now();
  create unique index if not exists senate_alerts_id on senate_alerts (id);
  create index if not exists senate_alerts_critical on senate_alerts (ref_id, created_at) where severity = 'critical' and ack_at is null;
  create index if not exists senate_alerts_critical_recent on senate_alerts (created_at) where severity = 'critical' and ack_at is null;
  create unique index if not exists senate_alerts_runaway_run on senate_alerts ((details ->> 'run_id')) where kind = 'runaway';
  create unique index if not exists senate_alerts_source_key on senate_alerts (source_key) where source_key is not null;
  create trigger senate_alerts_bell after insert or update on senate_alerts for each statement execute function senate_ring('alert');
  create trigger senate_alerts_history after insert or update on senate_alerts for each row execute function senate_alert_history();
end $$;

-- When an alert came, by this database's clock. Alerts from before have none. Its own time may lie ahead, by another system's clock or time zone.
alter table senate_alerts add column noted_at timestamptz;
alter table senate_alerts alter column noted_at set default now();

-- Is the table one that 0000 made? Then its columns were written by the transaction that made senate_audit. Where another system's rows would break its
-- rules, it is taken for that system's. What another system gives no value for gets a default that says whose row it is.
do $$
declare
  ours boolean;
  stranger record;
  preset text;
begin
  select bool_and(a.xmin = o.xmin) into ours
    from pg_attribute a, pg_attribute o
   where o.attrelid = 'senate_audit'::regclass and o.attname = 'why'
     and a.attrelid = 'senate_alerts'::regclass and a.attname in ('id', 'kind', 'ref_id', 'severity', 'details', 'ack_at', 'ack_by');
  if ours and not exists (select from senate_alerts a where a.kind is null or a.created_at is null or a.severity not in ('low', 'medium', 'high', 'critical')) then
    alter table senate_alerts alter column kind set default 'unnamed', alter column kind set not null, alter column created_at set not null;
    return;
  end if;
  alter table senate_alerts drop constraint if exists senate_alerts_severity;
  for stranger in
    select a.attname as name, t.typcategory as category, a.atttypid::regtype::text as type
      from pg_attribute a join pg_type t on t.oid = a.atttypid
     where a.attrelid = 'senate_alerts'::regclass and a.attnum > 0 and not a.attisdropped and a.attnotnull and not a.atthasdef and a.attidentity = ''
       and a.attname not in ('id', 'kind', 'ref_id', 'severity', 'details', 'created_at', 'ack_at', 'ack_by', 'fed_pause', 'source_key', 'noted_at')
  loop
    preset := case when stranger.type = 'uuid' then 'gen_random_uuid()' when stranger.type in ('json', 'jsonb') then '''{}'''
                   when stranger.category = 'S' then '''orchestra''' when stranger.category = 'N' then '0' when stranger.category = 'B' then 'false'
                   when stranger.type in ('date', 'timestamp with time zone', 'timestamp without time zone') then 'now()' end;
    if preset is not null then execute format('alter table senate_alerts alter column %I set default %s', stranger.name, preset); end if;
  end loop;
end $$;

-- Records alerts as Orchestra does, takes them back, and says what stands in the way; null: nothing.
create function senate_alerts_problem() returns text language plpgsql as $$
declare
  ids text[];
  says text; which_column text; which_constraint text; problem_state text;
begin
  begin
    with made as (
      insert into senate_alerts (kind, ref_id, severity, details)
      select 'orchestra_trial', v.ref_id, v.severity, v.details
        from (values ('orchestra-trial', 'low', '{"run_id": "trial"}'::jsonb), ('orchestra-trial', 'medium', null), (null, 'high', null),
                     ('orchestra-trial', 'critical', null), ('orchestra-trial', 'critical', null)) as v(ref_id, severity, details)
      returning id)
    select array_agg(m.id::text) into ids from made m;
    set constraints all immediate;
    update senate_alerts set ack_at = now(), ack_by = 'orchestra_trial', fed_pause = 0 where id::text = any (ids);
    if (select count(*) from senate_alerts a where a.id::text = any (ids) and a.kind = 'orchestra_trial' and a.severity in ('low', 'medium', 'high', 'critical')
           and a.ref_id is not distinct from case when a.severity = 'high' then null else 'orchestra-trial' end and a.ack_at is not null
           and abs(extract(epoch from a.created_at - now())) < 60) is distinct from 5 then
      raise exception 'what is recorded is not kept as it is given, or its created_at is not now: look at its triggers, rules and time zones' using errcode = 'OC001';
    end if;
    raise exception 'well' using errcode = 'OC000';
  exception
    when sqlstate 'OC000' then return null;
    when others then
      get stacked diagnostics says = message_text, which_column = column_name, which_constraint = constraint_name, problem_state = returned_sqlstate;
      if problem_state ~ '^(25|40|53|55|57|58|XX)' then raise; end if;
      return 'senate_alerts takes no alert of Orchestra: ' || says || case
        when problem_state = '23502' then format('; alter table senate_alerts alter column %I set default …, or drop not null', which_column)
        when which_constraint <> '' then format('; change or drop the constraint %I of senate_alerts', which_constraint)
        when problem_state = '42501' then '; grant select, insert and update on it, and see its row-level security'
        else '' end;
  end;
end $$;
