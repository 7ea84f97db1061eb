-- A run that is stopped to be cancelled leaves two lines in the history of its task: that it was stopped, and that the
-- task was cancelled. They stood in the order in which the server happened to write them, most often the wrong one. The
-- second now waits for the first. Nothing is read or rewritten, and the signature stays.

create or replace function end_stopped_run(of_task bigint, run uuid, new_cursor jsonb)
returns table (status text, next_eligible_at timestamptz) language plpgsql volatile as $$
#variable_conflict use_column
begin
  return query
  with found as materialized (
    select t.id, t.run_id, t.priority, t.repo, t.agent_id, t.skill, t.quest_id, t.actor_id, t.started_at, t.attempt,
           s.next_status, s.asked_by, s.reason, s.stop_id
      from tasks t
      join run_stops s on s.run_id = t.run_id and s.ended_at is null
     where t.status = 'running' and t.id = of_task and t.run_id = run
       for no key update of t
  ), made as materialized (
    select count(lane_for(f.priority, f.repo, f.agent_id, f.skill, f.quest_id, f.actor_id)) as lanes
      from found f
     where f.next_status = 'queued'
  ), changed as (
    update tasks t
       set status = f.next_status,
           attempt = greatest(t.attempt - 1, 0),
           next_eligible_at = now(),
           cursor = coalesce(nullif(new_cursor, 'null'), t.cursor),
           run_id = null, pid = null, started_at = null, heartbeat_at = null,
           boot_id = null, pid_namespace = null, process_started = null, prefetched = false
      from found f
     where t.id = f.id and t.run_id = f.run_id and (select m.lanes from made m) >= 0
    returning t.id, f.run_id, t.worker_id, t.host, f.attempt, f.asked_by, f.reason, f.stop_id, t.status,
              case when t.status = 'queued' then t.next_eligible_at end as next_eligible_at
  ), events as (
    insert into task_event_rows (task_id, run_id, kind, by, data)
    select c.id, c.run_id, 'stopped', c.asked_by,
           jsonb_build_object('why', c.reason, 'how', 'obeyed', 'worker', c.worker_id, 'host', c.host,
                              'attempt', c.attempt, 'stop', c.stop_id::text, 'status', c.status,
                              'next_eligible_at', c.next_eligible_at)
      from changed c
    returning task_id
  ), cancelled as (
    -- as by `task cancel`; retention finds it by this
    insert into event_batches (kind, by, task_ids, shared)
    select 'cancelled', c.asked_by, array[c.id],
           jsonb_build_object('why', c.reason, 'was', 'running', 'status', 'cancelled')
      from changed c
     where c.status = 'cancelled'
       -- behind the other in the history: what is asked for its rows is written first
       and (select count(*) from events) > 0
  ), noted as (
    update run_stops s
       set ended_at = clock_timestamp(), outcome = 'obeyed', told_at = coalesce(s.told_at, clock_timestamp())
      from changed c
     where s.run_id = c.run_id
  )
  select c.status, c.next_eligible_at from changed c;
  if found then
    return;
  end if;
  return query
  select e.data ->> 'status', (e.data ->> 'next_eligible_at')::timestamptz
    from events_of_task(of_task) e
   where e.run_id = run and e.kind = 'stopped'
   order by e.id desc
   limit 1;
end $$;
