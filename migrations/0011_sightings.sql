-- Brings who asks for tasks, so that a task for which nobody does can say so, and an index by which tasks are found by the time at
-- which they were added. Old code writes no sightings and needs none: to new code its workers are then not seen, and nothing else follows.

-- Which workers have asked for tasks of which labels, and when last; null: any. Written once a minute at the most by each service,
-- for all workers in one statement. A worker that asks for several things has a row for each.
create table worker_sightings (
  worker text not null,
  -- a digest of what it asks for: two lists of labels do not fit into an index entry
  wants text not null,
  host text,
  agents text[],
  skills text[],
  seen_at timestamptz not null default now(),
  primary key (worker, wants)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01);

-- A few kilobytes, also for millions of tasks, and nothing to keep up when one is claimed.
create index tasks_created on tasks using brin (created_at) with (pages_per_range = 32, autosummarize = on);
