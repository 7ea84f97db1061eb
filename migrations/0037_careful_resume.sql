-- Brings the bell of a token that is revoked, the last proof of the brake, and releases: a paused backlog let go one
-- task at a time (docs/decisions/0060). New tables and one new trigger; nothing is rewritten. Services of the previous
-- version take the bell for any other, and know nothing of the tables.

-- Services forget at once whose token they took it for. Notes of use change neither column.
create trigger api_tokens_bell after update of revoked_at, expires_at on api_tokens
  for each statement execute function senate_ring('token');
create trigger api_tokens_bell_deleted after delete on api_tokens
  for each statement execute function senate_ring('token');

-- The self-test of the brake: one row, written by whichever instance of pause-api makes the test.
create table brake_proof (
  only_one boolean primary key default true check (only_one),
  -- null: it is off
  every_seconds integer check (every_seconds > 0),
  -- since when it has been on
  watched_since timestamptz,
  -- when the last test began; the instance that sets it makes the test
  tried_at timestamptz,
  proved_at timestamptz,
  failed_at timestamptz,
  failure text,
  -- when an alert was raised of this failure or delay; null: none since the last proof
  alerted_at timestamptz
);

-- What an operator lets go of a paused backlog. The pause holds on; the task that it names in probe_task_id may start.
create table senate_releases (
  id bigint generated always as identity primary key,
  pause_id bigint not null,
  asked_at timestamptz not null default now(),
  asked_by text not null,
  reason text,
  -- at the least so long between two tasks; null: one task, and no more
  gap_seconds double precision check (gap_seconds between 0.1 and 86400),
  -- no task is let go before this
  next_at timestamptz not null default now(),
  released bigint not null default 0,
  last_task_id bigint,
  ended_at timestamptz,
  ended_as text check (ended_as in ('done', 'stopped', 'replaced')),
  check ((ended_at is null) = (ended_as is null)),
  constraint senate_releases_instants check (is_instant(asked_at) and is_instant(next_at) and is_instant(ended_at))
);
create unique index senate_releases_under_way on senate_releases (pause_id) where ended_at is null;
