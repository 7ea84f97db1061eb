-- Brings the list of attached queues that are in another database (docs/decisions/0064). The active pauses are copied
-- there; everything else that holds them is there as well, in a schema of its own for each attachment. The code before
-- this one does not know the table: it copies nothing there, and its receipts do not tell of these queues.

create table attached_elsewhere (
  name text primary key check (name ~ '^[a-z][a-z0-9-]{0,29}$'),
  engine text not null check (engine in ('graphile-worker', 'pg-boss', 'dbos', 'table')),
  -- where its jobs and their labels are, as `orchestra attach` was told
  queue jsonb not null,
  -- the other database, without a password
  url text not null check (url ~ '^postgresql://[^:@/]*@'),
  -- the schema there that holds the copies
  schema text not null,
  -- stands there as well, so that nobody else's copies are written over
  key uuid not null unique,
  attached_at timestamptz not null default now(),
  attached_by text not null default current_user
);
