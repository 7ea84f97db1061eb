-- Brings what a run was admitted under, so that "nothing started while paused" is a question to the database
-- (docs/decisions/0015).

-- Which transaction wrote the event: with the snapshot of a claim this tells whether the claim saw it. Ids do not, because they are
-- drawn before their transactions commit. Events from before have none, and nothing is said of claims by them.
alter table senate_events add column xid xid8;
alter table senate_events alter column xid set default pg_current_xact_id();
-- The newest one, for the claim; and those of one pause, in their order.
create index senate_events_pauses on senate_events (id) where type like 'pause.%';
create index senate_events_pause on senate_events ((data ->> 'id'), id) where type like 'pause.%';

alter table tasks
  -- the newest pause event that the claim of the run under way, or of the last one, saw
  add column admitted_under bigint;

-- Which auto-pause an alert was used up by.
alter table senate_alerts add column if not exists fed_pause bigint;
