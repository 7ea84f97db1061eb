-- Brings bodies as texts for the functions of a task's row, in databases that were made before 0004 and 0010 had them. By a body that the
-- server has parsed, a function depends on the columns of tasks, and since the releases of November 2026 (15.20) the server refuses
-- to add a column with a default to such a table. They answer as before; code of every version runs beside.

create or replace function task_waits(t tasks) returns boolean language sql immutable as $$
  select t.status = 'queued' and t.paused_at is null and t.in_line $$;

create or replace function task_is_in_progress(t tasks) returns boolean language sql immutable as $$
  select t.status in ('running', 'held') and t.paused_at is null $$;

create or replace function task_is_between_stages(t tasks) returns boolean language sql immutable as $$
  select t.status = 'queued' and t.paused_at is null and t.in_line and t.stage_since is not null $$;

create or replace function task_changes_at_gate(was tasks, now tasks) returns boolean language sql immutable as $$
  select (was.repo is not null or now.repo is not null)
    and (was.repo, was.status, was.paused_at is null, was.in_line, was.stage_since is null, was.priority, was.agent_id, was.skill, was.quest_id, was.actor_id)
        is distinct from (now.repo, now.status, now.paused_at is null, now.in_line, now.stage_since is null, now.priority, now.agent_id, now.skill, now.quest_id, now.actor_id) $$;

-- Triggers that offer the planner less have enormous costs before PostgreSQL 18, and servers that can compile (Debian's) compiled their statements for seconds
-- in every session of others: one update by psql took five.
alter function tasks_return_to_lanes() set jit = off;
alter function tasks_at_gates() set jit = off;
