-- Brings what is known of the process behind a run, crashes counted apart from errors, and the reaper's totals
-- (docs/decisions/0013).

alter table tasks
  -- Whose run it is, for a reaper on the same machine: with `host` and `pid`, one process and no other. Hints, which can only
  -- end a run before its lease does.
  add column boot_id uuid,
  add column pid_namespace text,
  -- in clock ticks since the machine was started
  add column process_started bigint,
  -- runs that were taken away; `attempt` counts those that ended with an error, and the one under way
  add column crashes integer not null default 0,
  add column max_crashes integer not null default 3 check (max_crashes > 0),
  add constraint tasks_queued_has_no_process check (status <> 'queued' or (boot_id is null and pid_namespace is null and process_started is null));

-- Empty while tasks_queued_is_unowned holds. Without it each tick would walk the whole queue to find nothing.
create index tasks_impossible on tasks (id) where status = 'queued' and (run_id is not null or pid is not null or started_at is not null);

-- What the reaper has done so far. Not counted from its events: those are many, and a retention setting may delete them.
create table reaper_totals (
  only_row boolean primary key default true check (only_row),
  by_lease bigint not null default 0,
  by_process_gone bigint not null default 0,
  by_other_boot bigint not null default 0,
  impossible_queued bigint not null default 0,
  last_tick_at timestamptz
);
insert into reaper_totals (by_lease, impossible_queued)
select count(*) filter (where e.kind = 'reaped'), count(*) filter (where e.kind = 'healed')
  from task_events e where e.kind in ('reaped', 'healed');
drop index task_events_reaper;
