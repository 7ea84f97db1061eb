-- Brings the mark on runs that were claimed ahead and have not begun, so that a receipt can list them apart. A constant
-- default: old rows are not rewritten, and older code, which never claims ahead, need not know of it.

alter table tasks
  -- Claimed ahead by a worker with `prefetch`, which looks at the pauses again before it begins; false from when it has said that it has begun.
  add column prefetched boolean not null default false;
