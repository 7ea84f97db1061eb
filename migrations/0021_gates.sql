-- Brings turn gates: the processes that ask before each step of an agent whether it is paused, and what they have refused. Brings the
-- role `agent`, which may only ask. Old code writes neither table and needs none. An old service that meets a token of
-- the new role refuses the call.

alter table api_tokens drop constraint api_tokens_role_check;
alter table api_tokens add constraint api_tokens_role_check check (role in ('viewer', 'worker', 'source', 'operator', 'admin', 'agent'));

-- One row for each process that asks; forgotten a day after it was seen last.
create table turn_gates (
  id text primary key,
  -- Whose token it reports with. A report under another token changes nothing.
  token_id bigint not null,
  reported_by text not null,
  name text not null,
  kind text not null,
  host text,
  -- Whether it answers from a copy of its own. One that asks a service each time has nothing to confirm.
  keeps_copy boolean not null,
  -- What it does while it cannot know: stop (true) or go on.
  stops_when_unknown boolean not null,
  began_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  left_at timestamptz,
  -- The pauses that were in its copy when it reported last; null: it has not said.
  known_pauses bigint[]
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01);

-- How often a pause was met, by which gate and agent, and when last. At most 1,000 rows for each pause; what is beyond is counted in one
-- more row, without names.
create table gate_refusals (
  pause_id bigint not null,
  gate text not null,
  -- '' : it gave no agent
  agent_id text not null,
  reported_by text not null,
  -- the last one
  skill text,
  refused bigint not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  primary key (pause_id, gate, agent_id)
) with (fillfactor = 70);
