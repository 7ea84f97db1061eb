-- Brings what answers about the past are judged by: the labels of each claim, and the cluster that made each transaction id
-- (docs/decisions/0030). Nothing is rewritten, and services of the former version go on beside it: the trigger writes what their claims leave out.

-- Transaction ids mean something only within the cluster that counted them: a database that was restored elsewhere holds ids of two. Null: not known
-- here (some managed servers do not tell).
create function cluster_id() returns text language plpgsql stable parallel safe as $$
begin
  return (select c.system_identifier::text from pg_control_system() c);
exception when insufficient_privilege or undefined_function then
  return null;
end $$;

-- Without a default at first, so that events from before stay without it.
alter table senate_events add column cluster text;
alter table senate_events alter column cluster set default cluster_id();

-- The labels as the task carried them when it was claimed. The claim's own statement writes both; this does for whoever else writes such an event.
create function task_event_bears_witness() returns trigger language plpgsql as $$
begin
  new.data := jsonb_build_object('cluster', to_jsonb(cluster_id()), 'labels', (
    select jsonb_strip_nulls(jsonb_build_object('agent_id', t.agent_id, 'skill', t.skill, 'quest_id', t.quest_id, 'actor_id', t.actor_id))
      from tasks t where t.id = new.task_id)) || coalesce(new.data, '{}');
  return new;
end $$;
create trigger task_events_bear_witness before insert on task_events
  for each row when (new.kind = 'claimed' and (new.data -> 'labels' is null or new.data -> 'cluster' is null))
  execute function task_event_bears_witness();
