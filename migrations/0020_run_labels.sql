-- Keeps the labels with which a run was claimed, where its task has been given others since: the run goes on under
-- those that it knows, and so do the pauses that
-- find it in flight. Null, as nearly always: the task's own. Older code that runs beside this goes by the task's
-- labels, as before.
-- Also counts what a run has printed, so that a reader who follows it sees when the same text is printed again.

alter table tasks add column labels_at_claim jsonb;
create index tasks_relabelled on tasks (id) where status = 'running' and labels_at_claim is not null;

create function task_keeps_labels_of_run() returns trigger language plpgsql as $$
begin
  if new.status = 'running' and new.run_id is not distinct from old.run_id then
    new.labels_at_claim := coalesce(old.labels_at_claim, jsonb_strip_nulls(jsonb_build_object('agent_id', old.agent_id, 'skill', old.skill, 'quest_id', old.quest_id, 'actor_id', old.actor_id)));
  else
    new.labels_at_claim := null;
  end if;
  return new;
end $$;
create trigger tasks_relabelled_in_flight before update of agent_id, skill, quest_id, actor_id on tasks
  for each row when (old.status = 'running' and (old.agent_id, old.skill, old.quest_id, old.actor_id) is distinct from (new.agent_id, new.skill, new.quest_id, new.actor_id))
  execute function task_keeps_labels_of_run();
create trigger tasks_relabelled_run_ends before update on tasks
  for each row when (old.labels_at_claim is not null and (new.status <> 'running' or new.run_id is distinct from old.run_id))
  execute function task_keeps_labels_of_run();

-- How many characters the run has printed in all, up to the end of the tail; null: not told.
alter table task_output add column printed bigint;
