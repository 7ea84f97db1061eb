-- Brings a list of tasks under a label that no task carries at the cost of a look, however many tasks there are
-- (docs/decisions/0041): whatever label a task carries is shown by a lane, or stands in known_labels. Until now that was
-- so for tasks that have waited; now also for those that were added in another state, or relabelled, by SQL.
-- Code of the former version runs beside. All tasks are read once, and whoever changes tasks meanwhile waits: about a
-- second for each million.

create function task_labels_are_known() returns trigger language plpgsql security definer set search_path from current as $$
begin
  insert into known_labels as k (kind, value, folded)
  select c.kind, c.value, label_folded(c.value)
    from (values ('actor', new.actor_id), ('agent', new.agent_id), ('quest', new.quest_id), ('skill', new.skill)) as c(kind, value)
   where c.value is not null
     -- Nearly always noted already, and then nobody waits for anybody.
     and not exists (select from known_labels o where o.kind = c.kind and o.value = c.value and o.seen_on >= current_date)
   order by c.kind, c.value
      on conflict (kind, value) do update set seen_on = excluded.seen_on where k.seen_on < excluded.seen_on;
  return null;
end $$;
-- One that waits is shown by its lane.
create trigger tasks_labels_new after insert on tasks
  for each row when (new.status <> 'queued') execute function task_labels_are_known();
create trigger tasks_labels_changed after update of agent_id, skill, quest_id, actor_id on tasks
  for each row when (
    new.status <> 'queued'
    and (new.agent_id, new.skill, new.quest_id, new.actor_id) is distinct from (old.agent_id, old.skill, old.quest_id, old.actor_id))
  execute function task_labels_are_known();

-- From here on nobody else changes tasks: the triggers have locked the table.
insert into known_labels (kind, value, folded)
select k.kind, k.value, label_folded(k.value)
  from (select distinct c.kind, c.value
          from tasks t
         cross join lateral (values ('agent', t.agent_id), ('skill', t.skill), ('quest', t.quest_id), ('actor', t.actor_id)) as c(kind, value)
         where c.value is not null) k
 order by k.kind, k.value
    on conflict (kind, value) do nothing;
