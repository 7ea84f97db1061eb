-- Brings what a target of notices needs to tell whether the event at its cursor is still the one it has seen: after a restore of the events, or a
-- truncate, another event stands at that position. Columns without a default: no row is rewritten. Older code that runs beside moves the cursor and
-- leaves these as they are; the mark names its position, so it counts for that position alone.

alter table notice_targets
  -- position and mark of the event at the cursor, as the event stream writes them: '12.0583920174'
  add column event_mark text,
  -- when that event happened; where another one stands in its place, the target is told what happened later
  add column event_at timestamptz;
