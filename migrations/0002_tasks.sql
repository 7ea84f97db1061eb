-- Brings the queue that the brake stands in. No trigger here may notify: a notifying transaction takes one
-- database-wide lock while it commits, and a claim is far too frequent for that. No foreign keys either: each would
-- lock a parent row for every row that a claim writes, and nothing here is ever deleted from under another.

create table tasks (
  -- also its place: smaller came first
  id bigint generated always as identity primary key,
  repo text,
  agent_id text,
  skill text,
  quest_id text,
  actor_id text,
  -- smaller goes first
  priority smallint not null default 0,
  payload jsonb not null default '{}',
  status text not null default 'queued'
    check (status in ('queued', 'running', 'succeeded', 'failed', 'held', 'cancelled')),
  -- While deferred_by is set, this is only what a person is shown: the pause rows decide (P9).
  next_eligible_at timestamptz not null default now(),
  deferred_by bigint,
  run_id uuid,
  worker_id text,
  host text,
  pid integer,
  started_at timestamptz,
  heartbeat_at timestamptz,
  attempt integer not null default 0,
  max_attempts integer not null default 3 check (max_attempts > 0),
  -- where the last run left off; the next one is given it
  cursor jsonb,
  result jsonb,
  created_at timestamptz not null default now(),
  created_by text not null default current_user,
  constraint tasks_queued_is_unowned check (status <> 'queued' or (run_id is null and pid is null and started_at is null)),
  constraint tasks_running_is_owned check (status <> 'running' or (run_id is not null and started_at is not null and heartbeat_at is not null))
) with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.02, fillfactor = 90);

-- What a claim walks: the tasks that stand ready, and apart from them one list for each pause that tasks were put off for.
create index tasks_ready on tasks (priority, id) where status = 'queued' and deferred_by is null;
create index tasks_deferred on tasks (deferred_by, priority, id) where status = 'queued' and deferred_by is not null;
create index tasks_running on tasks (heartbeat_at) where status = 'running';
create index tasks_agent on tasks (agent_id, status, priority, id) where status in ('queued', 'running');
create index tasks_skill on tasks (skill, status, priority, id) where status in ('queued', 'running');
create index tasks_quest on tasks (quest_id, status, priority, id) where status in ('queued', 'running');
create index tasks_actor on tasks (actor_id, status, priority, id) where status in ('queued', 'running');

create table task_events (
  id bigint generated always as identity primary key,
  task_id bigint not null,
  run_id uuid,
  kind text not null check (kind in ('queued', 'claimed', 'deferred', 'completed', 'failed', 'released', 'reaped', 'healed')),
  at timestamptz not null default now(),
  by text not null,
  data jsonb
);
create index task_events_task on task_events (task_id, id);
-- For the watchdog: how the runs of the last hour ended.
create index task_events_ended on task_events (at) where kind in ('completed', 'failed', 'released', 'reaped');
-- For the reaper's totals.
create index task_events_reaper on task_events (kind) where kind in ('reaped', 'healed');
