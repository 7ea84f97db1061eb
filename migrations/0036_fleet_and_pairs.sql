-- Brings pauses of the whole fleet, and pauses that name several labels, all of which a task must carry
-- (docs/decisions/0059). Services of the previous version run beside it: they take a pause of several labels for one of
-- its strongest label, which covers more, and their claims are those of orchestra_turn, which 0039 brings. A service
-- that reads pauses into its memory does not know `fleet` and counts its copy as unknown. Nothing is rewritten.

alter table senate_pause
  drop constraint senate_pause_scope_kind_check,
  add constraint senate_pause_scope_kind_check check (scope_kind in ('agent', 'skill', 'quest', 'actor', 'fleet')) not valid,
  -- further labels by their kinds, such as {"quest": "q-7"}; null: none
  add column also jsonb;

-- The rules by which pauses cover tasks. `covers` says the same in TypeScript.

-- Does what carries these labels carry all of `labels`, such as {"agent": "a-1", "quest": "q-7"}? Null asks for none.
create function labels_match(labels jsonb, agent_id text, skill text, quest_id text, actor_id text) returns boolean
language sql immutable parallel safe as $$
  select coalesce(labels ->> 'agent' = agent_id, (labels ? 'agent') is not true)
     and coalesce(labels ->> 'skill' = skill, (labels ? 'skill') is not true)
     and coalesce(labels ->> 'quest' = quest_id, (labels ? 'quest') is not true)
     and coalesce(labels ->> 'actor' = actor_id, (labels ? 'actor') is not true) $$;

-- Does this one pause cover what carries these labels?
create function pause_covers(scope_kind text, scope_value text, also jsonb, agent_id text, skill text, quest_id text, actor_id text) returns boolean
language sql immutable parallel safe as $$
  select coalesce(scope_kind = 'fleet' or scope_value = case scope_kind when 'actor' then actor_id when 'agent' then agent_id
                                                                        when 'skill' then skill when 'quest' then quest_id end, false)
     and labels_match(also, agent_id, skill, quest_id, actor_id) $$;

-- Does one of these sets of labels, a JSON array, match? Strict, so that without any it is not called.
create function pairs_cover(pairs jsonb, agent_id text, skill text, quest_id text, actor_id text) returns boolean
language sql immutable strict parallel safe cost 1 as $$
  select exists (select from jsonb_array_elements(pairs) as p(labels) where labels_match(p.labels, agent_id, skill, quest_id, actor_id)) $$;

-- Do these pauses cover what carries these labels? `scopes`: the keys of an object such as {"agent a-1": true}, of
-- pauses that name one label or the fleet. `pairs`: the labels of each that names several; null: there is none. Each is
-- named once, or the planner could not draw a sub-select in. Labels are never empty, so '' matches nothing.
create function pauses_cover(scopes jsonb, pairs jsonb, agent_id text, skill text, quest_id text, actor_id text) returns boolean
language sql immutable parallel safe as $$
  select scopes ?| array['fleet *', 'agent ' || agent_id, 'skill ' || skill, 'quest ' || quest_id, 'actor ' || actor_id]
      or (pairs_cover(pairs, coalesce(agent_id, ''), coalesce(skill, ''), coalesce(quest_id, ''), coalesce(actor_id, ''))) is true $$;

-- The same for services of the previous version, whose statements name no pairs.
create or replace function scopes_cover(scopes jsonb, agent_id text, skill text, quest_id text, actor_id text) returns boolean
language sql immutable parallel safe as $$
  select scopes ?| array['fleet *', 'agent ' || agent_id, 'skill ' || skill, 'quest ' || quest_id, 'actor ' || actor_id] $$;

-- The labels that a pause names, such as {"agent a-1", "quest q-7"}; of the fleet none.
create function pause_labels(scope_kind text, scope_value text, also jsonb) returns text[]
language sql immutable parallel safe as $$
  select case when scope_kind = 'fleet' then '{}'
              else (scope_kind || ' ' || scope_value) || array(select l.key || ' ' || l.value from jsonb_each_text(also) l order by l.key) end $$;

-- Do these pauses cover a job of an attached queue that carries these labels, such as {"agent a-1"}? `paused` holds
-- keys as the view of an attachment gives them: of a pause of one label that label, of one of several labels `all` and
-- the labels as JSON; 'pairs' says that there are any of those.
create function job_is_paused(carried text[], paused text[]) returns boolean
language plpgsql immutable parallel safe as $$
declare
  key text;
begin
  if paused is null then
    return false;
  end if;
  if carried && paused or 'fleet *' = any (paused) then
    return true;
  end if;
  if 'pairs' = any (paused) then
    foreach key in array paused loop
      if key like 'all [%' and array(select jsonb_array_elements_text(substr(key, 5)::jsonb)) <@ carried then
        return true;
      end if;
    end loop;
  end if;
  return false;
end $$;

create or replace view active_pauses as
  select p.id, p.scope_kind, p.scope_value, p.paused_at, p.paused_by, p.reason, p.ttl_seconds, p.source, p.quiet_at,
         p.cleared_at, p.cleared_by,
         case when p.ends_as = 'resume' then p.paused_at + make_interval(secs => p.ttl_seconds) end as ends_at,
         p.ends_as, p.stayed_at, p.probing_at, p.probe_task_id, p.warned_at, p.also
    from senate_pause p
   where p.cleared_at is null
     and (p.ttl_seconds is null or p.ends_as <> 'resume' or p.paused_at + make_interval(secs => p.ttl_seconds) > now());

create or replace function senate_pause_facts(p senate_pause) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'id', p.id::text, 'scope_kind', p.scope_kind, 'scope_value', p.scope_value, 'also', p.also, 'reason', p.reason,
    'paused_at', p.paused_at, 'paused_by', p.paused_by, 'source', p.source, 'ttl_seconds', p.ttl_seconds,
    'expires_at', p.paused_at + make_interval(secs => p.ttl_seconds),
    'cleared_at', p.cleared_at, 'cleared_by', p.cleared_by, 'quiet_at', p.quiet_at,
    'then', p.ends_as, 'stayed_at', p.stayed_at, 'probing_at', p.probing_at, 'probe_task_id', p.probe_task_id::text, 'warned_at', p.warned_at)
$$;

-- One form for each set of labels, in whatever order they were named: the strongest is the scope's, the others are in
-- `also`.
create function senate_pause_in_order(p senate_pause) returns senate_pause language plpgsql as $$
declare
  labels jsonb := '{}';
  label record;
begin
  if p.scope_kind = 'fleet' then
    if p.scope_value <> '*' or p.also is not null then
      raise exception 'a pause of the fleet covers everything: its scope_value is * and it names no further labels'
        using errcode = 'check_violation', table = 'senate_pause', column = 'scope_value', constraint = 'senate_pause_fleet_is_whole';
    end if;
    return p;
  end if;
  if p.also is null then
    return p;
  end if;
  if jsonb_typeof(p.also) <> 'object' then
    raise exception 'also of senate_pause must be an object such as {"quest": "q-7"}'
      using errcode = 'check_violation', table = 'senate_pause', column = 'also', constraint = 'senate_pause_also_is_labels';
  end if;
  for label in select l.key, l.value, l.value #>> '{}' as text from jsonb_each(p.also) l loop
    if label.key not in ('actor', 'agent', 'skill', 'quest') or jsonb_typeof(label.value) <> 'string' then
      raise exception 'also of senate_pause must hold labels of the kinds actor, agent, skill and quest, not %', p.also
        using errcode = 'check_violation', table = 'senate_pause', column = 'also', constraint = 'senate_pause_also_is_labels';
    end if;
    perform refuse_label('senate_pause', 'also', label_nfc(label.text));
    labels := labels || jsonb_build_object(label.key, label_nfc(label.text));
  end loop;
  if labels ->> p.scope_kind <> p.scope_value then
    raise exception 'a pause of senate_pause names two labels of the kind %, and a task carries one', p.scope_kind
      using errcode = 'check_violation', table = 'senate_pause', column = 'also', constraint = 'senate_pause_also_is_labels';
  end if;
  labels := labels || jsonb_build_object(p.scope_kind, p.scope_value);
  select k.kind into p.scope_kind
    from unnest(array['actor', 'agent', 'skill', 'quest']) with ordinality as k(kind, nth) where labels ? k.kind order by k.nth limit 1;
  p.scope_value := labels ->> p.scope_kind;
  p.also := nullif(labels - p.scope_kind, '{}');
  return p;
end $$;

create or replace function senate_pause_is_well_formed() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' or new.scope_value is distinct from old.scope_value then
    new.scope_value := label_nfc(new.scope_value);
    perform refuse_label('senate_pause', 'scope_value', new.scope_value);
  end if;
  if tg_op = 'INSERT' or (new.scope_kind, new.scope_value, new.also) is distinct from (old.scope_kind, old.scope_value, old.also) then
    new := senate_pause_in_order(new);
  end if;
  if tg_op = 'INSERT' or new.cleared_at is distinct from old.cleared_at then perform refuse_instant('senate_pause', 'cleared_at', new.cleared_at); end if;
  if tg_op = 'INSERT' or new.quiet_at is distinct from old.quiet_at then perform refuse_instant('senate_pause', 'quiet_at', new.quiet_at); end if;
  if tg_op = 'INSERT' or new.stayed_at is distinct from old.stayed_at then perform refuse_instant('senate_pause', 'stayed_at', new.stayed_at); end if;
  if tg_op = 'INSERT' or new.probing_at is distinct from old.probing_at then perform refuse_instant('senate_pause', 'probing_at', new.probing_at); end if;
  if tg_op = 'INSERT' or new.warned_at is distinct from old.warned_at then perform refuse_instant('senate_pause', 'warned_at', new.warned_at); end if;
  return new;
end $$;
