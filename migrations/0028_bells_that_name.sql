-- The bell of a pause that was added says which one it is, so that who hears it can hold the work at once and need not read first.
-- It adds nothing to what is true: a reading follows each bell as before, and processes of the version before take any
-- payload for "look again". Runs safely beside them.

create function senate_ring_added() returns trigger language plpgsql as $$
declare
  payload text;
begin
  if pg_notification_queue_usage() >= 0.9 or current_setting('orchestra.bell', true) is not distinct from 'off' then
    return null;
  end if;
  select 'pause ' || jsonb_build_object(
           'id', a.id::text, 'scope_kind', a.scope_kind, 'scope_value', a.scope_value, 'reason', left(a.reason, 500), 'source', a.source,
           'paused_at', a.paused_at, 'paused_by', left(a.paused_by, 200), 'ttl_seconds', a.ttl_seconds)::text
    into payload
    from added as a
   where a.cleared_at is null and (select count(*) from added) = 1;
  -- NOTIFY takes less than 8000 bytes; and many pauses at once are read.
  perform pg_notify('orchestra', case when octet_length(payload) < 8000 then payload else 'pause' end);
  return null;
end $$;

drop trigger senate_pause_bell on senate_pause;

create trigger senate_pause_bell after update on senate_pause
  for each statement execute function senate_ring('pause');

create trigger senate_pause_bell_added after insert on senate_pause
  referencing new table as added
  for each statement execute function senate_ring_added();
