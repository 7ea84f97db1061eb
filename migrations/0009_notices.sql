-- Brings the outbox of notices (outbound webhooks), an event for the acknowledgement of an alert, and the trace that a pause and a task came
-- from. New tables, and columns without a default: nothing is rewritten. Older code writes neither and need not know of them.

-- One row for each target of the configuration, made by the first pause-api that is given it.
create table notice_targets (
  name text primary key,
  -- events up to here stand in notice_deliveries, have been sent, or are none that it wants
  position bigint not null,
  -- of its address, so that one who was switched off comes back with another address
  address_sha256 bytea not null,
  seen_at timestamptz not null default now(),
  -- after failures that are the target's and not the notice's: nothing is sent before
  resting_until timestamptz,
  failures integer not null default 0,
  -- it answered 410 Gone: switched off until its address is another, or a person says so
  gone_at timestamptz,
  delivered bigint not null default 0,
  given_up bigint not null default 0,
  last_success_at timestamptz,
  last_failure_at timestamptz,
  last_failure text
);

-- What is still to be sent. A row goes when it was sent or given up.
create table notice_deliveries (
  target text not null references notice_targets on delete cascade,
  position bigint not null,
  event_id bigint not null,
  -- what keeps its order: 'pauses/12'
  subject text not null,
  type text not null,
  at timestamptz not null,
  data jsonb not null,
  tries integer not null default 0,
  next_try_at timestamptz not null default now(),
  -- whoever holds it sends it; over when this has passed
  held_by uuid,
  held_until timestamptz,
  primary key (target, position)
);
create index notice_deliveries_order on notice_deliveries (target, subject, position);

alter table senate_audit drop constraint senate_audit_subject_kind_check;
alter table senate_audit add constraint senate_audit_subject_kind_check
  check (subject_kind in ('pause', 'alert', 'task', 'token', 'repo', 'notice_target')) not valid;

create or replace function senate_alert_history() returns trigger language plpgsql as $$
declare
  facts jsonb := jsonb_build_object('id', new.id::text, 'kind', new.kind, 'ref_id', new.ref_id, 'severity', new.severity,
    'details', new.details, 'created_at', new.created_at, 'ack_at', new.ack_at, 'ack_by', new.ack_by);
begin
  if tg_op = 'INSERT' then
    insert into senate_events (type, data) values ('alert.created', facts);
    insert into senate_audit (by, action, subject_kind, subject_id, why, data)
    values (coalesce(nullif(current_setting('orchestra.who', true), ''), current_user), 'alert.created', 'alert', new.id::text, null, facts);
  elsif old.ack_at is null and new.ack_at is not null then
    insert into senate_events (type, data) values ('alert.acknowledged', facts);
    insert into senate_audit (by, action, subject_kind, subject_id, why, data)
    values (coalesce(new.ack_by, current_user), 'alert.acknowledged', 'alert', new.id::text, null, facts);
  end if;
  return null;
end $$;

-- W3C trace context of the call that paused, and of the one that added the task. Only written where tracing is on.
alter table senate_pause add column traceparent text;
alter table tasks add column traceparent text;
