-- Brings fewer triggers that a claim and an ending have to look at: the server reads the condition of each from text
-- again in every statement that may fire it. What follows from a change stays as it was; code of every version runs
-- beside. Nothing is read or rewritten.

-- These follow from columns that claims and plain endings do not write.
drop trigger tasks_change_stage on tasks;
create trigger tasks_change_stage before update of stage, pipeline on tasks
  for each row when (old.stage is distinct from new.stage or old.pipeline is distinct from new.pipeline)
  execute function task_changes_stage();
drop trigger tasks_stage_history on tasks;
create trigger tasks_stage_history after update of stage on tasks
  for each row when (old.stage is distinct from new.stage) execute function task_stage_history();
drop trigger tasks_parking_history on tasks;
create trigger tasks_parking_history after update of paused_at on tasks
  for each row when (old.paused_at is distinct from new.paused_at and new.status in ('queued', 'running', 'held'))
  execute function task_parking_history();
drop trigger tasks_touch_lane on tasks;
create trigger tasks_touch_lane before update of paused_at, next_eligible_at on tasks
  for each row when (
    new.status = 'queued' and old.status = 'queued' and new.paused_at is null and new.deferred_by is null
    and (old.paused_at is not null or new.next_eligible_at < old.next_eligible_at))
  execute function task_touches_lane();

-- And these four are one, with one condition that is false for nearly every task.
create function task_changes_state() returns trigger language plpgsql as $$
begin
  -- by whatever door a task comes to be held, or is held no more
  if old.status <> new.status and new.status = 'held' then
    new.held_at := coalesce(new.held_at, now());
  elsif old.status <> new.status and old.status = 'held' then
    new.held_at := null; new.held_evidence := null;
  end if;

  if new.paused_at is not null and new.status not in ('queued', 'running', 'held') then
    new.paused_at := null;
  end if;
  if new.paused_at is null then
    new.paused_by := null; new.pause_reason := null;
  elsif old.paused_at is distinct from new.paused_at or old.status <> new.status then
    -- Who parks a parked task anew, by hand too, is who has parked it from then on.
    if old.paused_at <> new.paused_at and (new.paused_by, new.pause_reason) is not distinct from (old.paused_by, old.pause_reason) then
      new.paused_by := null; new.pause_reason := null;
    end if;
    new.paused_by := coalesce(new.paused_by, acting_person());
    new.pause_reason := coalesce(new.pause_reason, 'no reason given');
  end if;

  -- The mark of a probe is good for one run, however that ends, and so are the labels that a run was claimed with.
  if old.probe_of is not null and old.status <> new.status and new.status <> 'running' then
    new.probe_of := null;
  end if;
  if old.labels_at_claim is not null and (new.status <> 'running' or new.run_id is distinct from old.run_id) then
    new.labels_at_claim := null;
  end if;
  return new;
end $$;
drop trigger tasks_hold on tasks;
drop trigger tasks_park on tasks;
drop trigger tasks_probe_over on tasks;
drop trigger tasks_relabelled_run_ends on tasks;
drop function task_hold();
drop function task_probe_is_over();
create trigger tasks_change_state before update of status, paused_at, run_id on tasks
  for each row when (
    old.status = 'held' or new.status = 'held'
    or old.paused_at is not null or new.paused_at is not null
    or old.probe_of is not null
    or old.labels_at_claim is not null)
  execute function task_changes_state();
