-- Orchestra may have a schema of its own (docs/decisions/0062), and several installations may share a database. They
-- share the bell too; so the bell of a pause that was added says in which schema it is, unless that is `public`. The
-- function's search_path is pinned after the migrations. Runs safely beside code of the version before, which knows
-- `public` alone.

create or replace function senate_ring_added() returns trigger language plpgsql as $$
declare
  payload text;
begin
  if pg_notification_queue_usage() >= 0.9 or current_setting('orchestra.bell', true) is not distinct from 'off' then
    return null;
  end if;
  select 'pause ' || (jsonb_build_object(
           'id', a.id::text, 'scope_kind', a.scope_kind, 'scope_value', a.scope_value, 'also', a.also, 'reason', left(a.reason, 500), 'source', a.source,
           'paused_at', a.paused_at, 'paused_by', left(a.paused_by, 200), 'ttl_seconds', a.ttl_seconds)
         || case when current_schema() = 'public' then '{}'::jsonb else jsonb_build_object('schema', current_schema()) end)::text
    into payload
    from added as a
   where a.cleared_at is null and (select count(*) from added) = 1;
  -- NOTIFY takes less than 8000 bytes; and many pauses at once are read.
  perform pg_notify('orchestra', case when octet_length(payload) < 8000 then payload else 'pause' end);
  return null;
end $$;
