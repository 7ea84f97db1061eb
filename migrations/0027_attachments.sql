-- Brings the list of attached queues: queues of other engines in this database whose claims read our pauses.
-- Nothing reads it while nothing is attached; the code before this one does not know it.

create table attachments (
  name text primary key check (name ~ '^[a-z][a-z0-9-]{0,29}$'),
  engine text not null check (engine in ('graphile-worker', 'pg-boss', 'table')),
  -- where its jobs and their labels are, as `orchestra attach` was told
  queue jsonb not null,
  attached_at timestamptz not null default now(),
  attached_by text not null default current_user
);

-- The tables of each, with how row security was before, so that `orchestra attach remove` can put it back.
create table attached_tables (
  table_schema text not null,
  table_name text not null,
  attachment text not null references attachments (name) on delete cascade,
  had_row_security boolean not null,
  had_force boolean not null,
  primary key (table_schema, table_name)
);
