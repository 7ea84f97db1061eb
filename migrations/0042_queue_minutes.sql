-- Brings the minutes of the queue: how much was claimed, completed, has failed and was put off in each minute of the
-- last eight days, for charts that look back further than an hour (docs/decisions/0065). A new table; nothing is
-- rewritten. Services of the previous version know nothing of it, and leave a gap while they alone are running.

create table queue_minutes (
  at timestamptz primary key,
  claimed integer not null,
  completed integer not null,
  failed integer not null,
  deferred integer not null,
  constraint queue_minutes_instants check (is_instant(at))
);
