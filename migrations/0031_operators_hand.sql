-- Brings what an operator does to tasks: cancel, retry and move leave events of their own, and a run can be told to stop.
-- Code of the version before runs beside it: it knows of no such event and of no order to stop, and a run of a worker
-- that does not know of the order either is taken away when its time is over. Nothing is read or rewritten.

-- By the name that the table has: 0034, which may have come before or come after, makes task_events a view.
do $$
begin
  execute format('alter table %s drop constraint task_events_kind_check', coalesce(to_regclass('task_event_rows'), to_regclass('task_events')));
  execute format('alter table %s add constraint task_events_kind_check check (kind in (%s)) not valid',
    coalesce(to_regclass('task_event_rows'), to_regclass('task_events')),
    $kinds$
      'queued', 'claimed', 'deferred', 'completed', 'failed', 'released', 'reaped', 'healed', 'parked', 'unparked', 'asked',
      'answered', 'probing', 'probed', 'held', 'retried', 'resumed', 'stage',
      -- by an operator: the task is cancelled; goes back to the queue after its end; gets another priority
      'cancelled', 'requeued', 'moved',
      -- its run was asked to stop; has stopped, or was taken away because it did not
      'stopping', 'stopped'
    $kinds$);
end $$;

-- Orders to stop a run. One row for each run; `stop_id` names the call that gave the order, which may be for many runs.
create table run_stops (
  run_id uuid primary key,
  task_id bigint not null,
  stop_id bigint not null,
  asked_at timestamptz not null default clock_timestamp(),
  asked_by text not null,
  reason text not null,
  -- What becomes of the task: back to the queue, or cancelled.
  next_status text not null check (next_status in ('queued', 'cancelled')),
  -- Which process had the run, for whom it has to be told after the row of the task has forgotten it.
  worker text,
  host text,
  pid int,
  -- From then on the run is taken away from a worker that has not ended it.
  fence_at timestamptz not null,
  -- When a heartbeat of the run was first answered with the order.
  told_at timestamptz,
  ended_at timestamptz,
  -- obeyed: its worker ended it for the order. fenced: it was taken away. ended: it came to another end first.
  outcome text check (outcome in ('obeyed', 'fenced', 'ended')),
  check ((ended_at is null) = (outcome is null))
);
create index run_stops_of_a_call on run_stops (stop_id);
create index run_stops_open on run_stops (fence_at) where ended_at is null;
create sequence run_stop_ids;
