-- Brings runs that belong to the token that claimed them, parks that know which run made them, and tokens that may work under some labels alone
-- (docs/decisions/0024). Services of the former version go on beside it: their claims make ids without an owner, as before.

-- A fresh id of a run. With an owner it is sealed: version digit 8, and behind the 17th digit the beginning of a hash that only who knows the owner's
-- key can make. In plpgsql, because a function in SQL could be drawn into its statement and evaluated once for all of its rows.
create function run_id_of(owner text) returns uuid
language plpgsql volatile parallel safe as $$
declare
  digits text := replace(gen_random_uuid()::text, '-', '');
begin
  if owner is null then
    return digits::uuid;
  end if;
  digits := left(overlay(digits placing '8' from 13 for 1), 17);
  return (digits || left(encode(sha256(convert_to(owner || ' ' || digits, 'UTF8')), 'hex'), 15))::uuid;
end $$;

alter table tasks
  -- the run that has parked the task; null: a person has, or a question
  add column paused_run uuid;

-- Whoever else parks or unparks, by hand as well, makes the park his own.
create function park_of_a_run() returns trigger
language plpgsql as $$
begin
  new.paused_run := null;
  return new;
end $$;
create trigger tasks_park_of_a_run before update of paused_at, paused_run on tasks
  for each row when (old.paused_at is distinct from new.paused_at and new.paused_run is not null and old.paused_run is not distinct from new.paused_run)
  execute function park_of_a_run();

alter table api_tokens
  -- {"agents": […], "skills": […], "quests": […], "actors": […]}, each of which may be absent; null: any label
  add column labels jsonb,
  add constraint api_tokens_labels_of_workers check (labels is null or (role = 'worker' and jsonb_typeof(labels) = 'object'));
