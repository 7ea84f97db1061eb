-- Brings what a senate_alerts that was there before still lacks (docs/decisions/0032), and alerts that their source
-- calls over. Columns without a default:
-- nothing is rewritten. Older code runs beside: it passes over events of a type that it does not know.

-- When the source said that what it alerted about is over. Such an alert still counts toward an auto-pause, unlike
-- one that a person has acknowledged.
alter table senate_alerts add column if not exists source_resolved_at timestamptz;

create or replace function senate_alert_history() returns trigger language plpgsql as $$
declare
  facts jsonb := jsonb_build_object('id', new.id::text, 'kind', new.kind, 'ref_id', new.ref_id, 'severity', new.severity,
    'details', new.details, 'created_at', new.created_at, 'ack_at', new.ack_at, 'ack_by', new.ack_by, 'resolved_at', new.source_resolved_at);
  who constant text := coalesce(nullif(current_setting('orchestra.who', true), ''), current_user);
begin
  if tg_op = 'INSERT' then
    insert into senate_events (type, data) values ('alert.created', facts);
    insert into senate_audit (by, action, subject_kind, subject_id, why, data) values (who, 'alert.created', 'alert', new.id::text, null, facts);
    return null;
  end if;
  if old.source_resolved_at is null and new.source_resolved_at is not null then
    insert into senate_events (type, data) values ('alert.resolved', facts);
    insert into senate_audit (by, action, subject_kind, subject_id, why, data) values (who, 'alert.resolved', 'alert', new.id::text, null, facts);
  end if;
  if old.ack_at is null and new.ack_at is not null then
    insert into senate_events (type, data) values ('alert.acknowledged', facts);
    insert into senate_audit (by, action, subject_kind, subject_id, why, data)
    values (coalesce(new.ack_by, current_user), 'alert.acknowledged', 'alert', new.id::text, null, facts);
  end if;
  return null;
end $$;

-- What another system's table asks for and Orchestra may not have: an alert about no actor has no ref_id, one without
-- details has none. Texts of limited
-- length hold what Orchestra writes. Where a view of the other system keeps a column as it is, `orchestra doctor`
-- names it.
do $$
declare
  col record;
begin
  for col in
    select a.attname as name, a.attnotnull as required, a.atthasdef as has_default, t.typname as type, a.atttypmod - 4 as chars, t.typcategory as category, format_type(t.oid, null) as type_name,
           a.attname in ('kind', 'ref_id', 'severity', 'details', 'ack_by') as ours,
           exists (select from pg_index i where i.indrelid = a.attrelid and i.indisprimary and a.attnum = any (i.indkey::int2[])) as in_key
      from pg_attribute a join pg_type t on t.oid = a.atttypid
     where a.attrelid = 'senate_alerts'::regclass and a.attnum > 0 and not a.attisdropped and a.attidentity = '' and a.attgenerated = ''
       and a.attname not in ('id', 'created_at', 'ack_at', 'fed_pause', 'source_key', 'noted_at', 'source_resolved_at')
  loop
    if col.required and not col.in_key and (col.name in ('ref_id', 'details') or col.name = 'ack_by' and not col.has_default) then
      execute format('alter table senate_alerts alter column %I drop not null', col.name);
    elsif col.required and not col.has_default and not col.ours and (col.category = 'A' or col.type_name in ('bytea', 'interval')) then
      execute format('alter table senate_alerts alter column %I set default %L', col.name, case when col.category = 'A' then '{}' when col.type_name = 'bytea' then '\x' else '0' end);
    end if;
    if col.ours and col.type = 'varchar' and col.chars between 1 and (case when col.name = 'severity' then 7 else 199 end) then
      begin
        execute format('alter table senate_alerts alter column %I type text', col.name);
      exception when feature_not_supported or dependent_objects_still_exist then
        raise notice 'senate_alerts.% stays as it is, because something depends on its type: %', col.name, sqlerrm;
      end;
    end if;
  end loop;
end $$;

-- Alerts that came with a time of long before, which alert-cascade looks for: few, where clocks and time zones are
-- right. In a table whose times are no
-- instants there is no such index; `orchestra doctor` names the column.
do $$
begin
  create index senate_alerts_behind on senate_alerts (noted_at) where severity = 'critical' and ack_at is null and (created_at is null or created_at < noted_at);
exception when undefined_function or invalid_object_definition then
  raise notice 'alerts that come late are not looked for: %', sqlerrm;
end $$;

-- Records alerts as Orchestra does, takes them back, and says what prevents it; null: nothing. With ids of its own,
-- below zero, so that it uses up
-- none, and that two at a time do not wait for each other.
create or replace function senate_alerts_problem() returns text language plpgsql as $$
declare
  trial constant text := 'orchestra_trial';
  long constant text := rpad('orchestra_trial', 200, '_');
  first_id constant int := -7 - 8 * (random() * 4000)::int;
  says text; which_column text; which_constraint text; problem_state text; named text;
begin
  begin
    insert into senate_alerts (id, kind, ref_id, severity, details) overriding system value
    select first_id + v.n, v.kind, v.ref_id, v.severity, v.details
      from (values (0, trial, trial, 'low', '{"run_id": "trial"}'::jsonb), (1, long, long, 'medium', null), (2, trial, null, 'high', null),
                   (3, trial, trial, 'critical', null), (4, trial, trial, 'critical', null)) as v(n, kind, ref_id, severity, details);
    insert into senate_alerts (id, kind, ref_id, severity, created_at, details) overriding system value
    values (first_id + 5, 'runaway', trial, 'critical', now(), jsonb_build_object('run_id', trial || first_id))
        on conflict ((details ->> 'run_id')) where kind = 'runaway' do nothing;
    insert into senate_alerts (id, kind, ref_id, severity, source_key) overriding system value values (first_id + 6, trial, trial, 'critical', trial || first_id)
        on conflict (source_key) where source_key is not null do nothing;
    set constraints all immediate;
    update senate_alerts set ack_at = now(), ack_by = long, fed_pause = 0, source_resolved_at = now() where id between first_id and first_id + 6;
    if (select count(*) from senate_alerts a where a.id between first_id and first_id + 6 and a.kind in (trial, long, 'runaway')
           and a.severity in ('low', 'medium', 'high', 'critical') and (a.ref_id is null) = (a.severity = 'high') and coalesce(a.ref_id, trial) in (trial, long)
           and a.ack_at is not null and abs(extract(epoch from a.created_at - now())) < 60) is distinct from 7 then
      raise exception 'what is recorded is not kept as it is given, or its created_at is not now: look at its triggers, rules and time zones' using errcode = 'OC001';
    end if;
    raise exception 'well' using errcode = 'OC003';
  exception
    when sqlstate 'OC003' then return null; -- a code that ends with 000 would stand for its whole class
    when others then
      get stacked diagnostics says = message_text, which_column = column_name, which_constraint = constraint_name, problem_state = returned_sqlstate;
      if problem_state ~ '^(25|40|53|55|57|58|XX)' then raise; end if;
  end;
  select string_agg(a.attname, ', ') into named
    from pg_attribute a
   where a.attrelid = 'senate_alerts'::regclass and a.attnum > 0 and case
         when problem_state = '22001' then a.atttypmod > 4 and a.atttypid in ('varchar'::regtype, 'bpchar'::regtype)
         else a.attnum = any (coalesce((select c.conkey from pg_constraint c where c.conrelid = a.attrelid and c.conname = which_constraint),
                                       (select i.indkey::int2[] from pg_index i where i.indrelid = a.attrelid and i.indexrelid = to_regclass(quote_ident(nullif(which_constraint, ''))))))
         end;
  return 'senate_alerts takes no alert of Orchestra: ' || says || case
    when problem_state = '23502' then format('; alter table senate_alerts alter column %I set default …, or drop not null', which_column)
    when problem_state = '22001' then format('; one of the columns %s is too short: alter column … type text', named)
    when which_constraint <> '' then format('; change or drop %I of senate_alerts%s', which_constraint, ' (column ' || named || ')')
    when problem_state = '42501' then '; grant select, insert and update on it, and see its row-level security'
    else '' end;
end $$;

-- Where the table was there before Orchestra it has to take its alerts, or nothing of all this is done.
do $$
declare
  problem text;
begin
  if current_setting('orchestra.adopting', true) is distinct from 'on' then return; end if;
  problem := senate_alerts_problem();
  if problem is not null then raise exception '%', problem using errcode = 'OC002'; end if;
end $$;
