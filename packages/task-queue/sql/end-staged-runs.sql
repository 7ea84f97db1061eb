-- Ends runs of which some are in stages, held or tried again. It locks their tasks itself, by id.
-- Written by `npx pnpm sql:print` from the functions of the database; a test keeps it current.
-- $1 endings, $2 retry_delays, $3 transient_delays, $4 transient_retries, $5 transitions
prepare end_staged_runs (jsonb, int[], int[], int, jsonb) as
with given_ids as materialized (
    select (g.item ->> 'id')::bigint as id from jsonb_array_elements(($1::jsonb)) as g(item)
  ), locked as materialized (
    select t.id, t.repo, t.priority, t.agent_id, t.skill, t.quest_id, t.actor_id, t.pipeline, t.stage, t.attempt, t.max_attempts, t.transient_failures
      from tasks t
     where t.id = any (array(select x.id from given_ids x))
       and coalesce(t.status, '') = 'running'
     order by t.id
       for no key update of t
  ), brought as materialized (
    select g.n::int as n,
           (g.item ->> 'run_id')::uuid as run_id,
           g.item ->> 'as' as kind,
           nullif(g.item -> 'result', 'null') as result,
           nullif(g.item -> 'cursor', 'null') as cursor,
           g.item ->> 'error' as error,
           g.item ->> 'cause' as cause,
           jsonb_build_object('says', g.item ->> 'says', 'fix', g.item ->> 'fix', 'evidence', nullif(g.item -> 'evidence', 'null')) as evidence,
           coalesce((g.item ->> 'retry')::boolean, true) and t.attempt < t.max_attempts as attempts_left,
           t.id, t.repo, t.priority, t.agent_id, t.skill, t.quest_id, t.actor_id, t.pipeline, t.stage, t.transient_failures,
           ($5::jsonb) -> t.pipeline -> t.stage as step
      from jsonb_array_elements(($1::jsonb)) with ordinality as g(item, n)
      join locked t on t.id = (g.item ->> 'id')::bigint
  ), judged as materialized (
    select b.*,
           case b.kind
             when 'completed' then case when b.pipeline is null or b.step -> 'pass' ->> 'stage' = 'done' then 'succeeded' when b.step is null then 'held' else 'queued' end
             when 'failed' then case when not b.attempts_left then 'failed' when b.pipeline is not null and b.step is null then 'held' else 'queued' end
             when 'held' then 'held'
             when 'retried' then case when b.transient_failures < ($4::int) then 'queued' else 'held' end
             else 'queued' end as becomes,
           case when b.kind = 'completed' then b.step -> 'pass'
                when b.kind = 'failed' and b.attempts_left then b.step -> 'fail' end as goes_to
      from brought b
  ), made as materialized (
    select count(lane_for(k.priority, k.repo, k.agent_id, k.skill, k.quest_id, k.actor_id)) as lanes
      from (select distinct r.priority, r.repo, r.agent_id, r.skill, r.quest_id, r.actor_id,
                   lane_key(r.priority, r.repo, r.agent_id, r.skill, r.quest_id, r.actor_id) as key
              from (select j.priority, j.repo, j.agent_id,
                           case when j.goes_to ->> 'stage' <> j.stage then coalesce(j.goes_to ->> 'skill', j.skill) else j.skill end as skill,
                           j.quest_id, j.actor_id
                      from judged j
                     where j.becomes = 'queued') r
             order by key) k
  ), given as materialized (
    select j.n, j.run_id, j.kind, j.result, j.cursor, j.error, j.cause, j.id, j.becomes, j.goes_to ->> 'stage' as stage, j.goes_to ->> 'skill' as skill,
           coalesce(j.goes_to ->> 'stage' <> j.stage, false) as moves,
           case when j.becomes <> 'held' then null
                when j.kind in ('held', 'retried') then j.evidence || jsonb_build_object('retries', j.transient_failures)
                else jsonb_build_object(
                  'says', format('the pipeline %s has no stage %s (any more), so nobody can say where this task goes', j.pipeline, j.stage),
                  'fix', 'declare that stage again in the stages file (ORCHESTRA_STAGES) and restart worker-claimer; then let the task go on, and this stage is run once more',
                  'evidence', null, 'retries', j.transient_failures) end as evidence
      from judged j
  ), changed as (
    update tasks t
       set status = g.becomes,
           stage = case when g.moves then g.stage else t.stage end,
           skill = case when g.moves then coalesce(g.skill, t.skill) else t.skill end,
           last_outcome = case g.kind when 'completed' then 'passed' when 'failed' then 'failed' when 'held' then 'environment' when 'retried' then 'transient'
                                      else t.last_outcome end,
           attempt = case when g.moves and g.becomes = 'queued' then coalesce((t.stage_attempts ->> g.stage)::int, 0)
                          when g.becomes = 'held' or g.kind in ('released', 'retried') then greatest(t.attempt - 1, 0)
                          else t.attempt end,
           stage_attempts = case when not g.moves then t.stage_attempts
                                 when g.kind = 'completed' then nullif(t.stage_attempts - t.stage, '{}')
                                 else coalesce(t.stage_attempts, '{}') || jsonb_build_object(t.stage, t.attempt) end,
           transient_failures = case when g.kind in ('completed', 'failed') and g.becomes <> 'held' then 0
                                     when g.kind = 'retried' and g.becomes = 'queued' then t.transient_failures + 1
                                     else t.transient_failures end,
           next_eligible_at = case
             when g.becomes not in ('queued', 'failed') then t.next_eligible_at
             when g.kind = 'failed' and not g.moves then now() + make_interval(secs => ($2::int[])[least(t.attempt, array_length(($2::int[]), 1))])
             when g.kind = 'retried' then now() + make_interval(secs => ($3::int[])[least(t.transient_failures + 1, array_length(($3::int[]), 1))] * (0.5 + random() / 2))
             else now() end,
           result = case g.kind when 'completed' then g.result when 'failed' then coalesce(g.result, t.result) else t.result end,
           cursor = case when g.moves then null when g.kind in ('released', 'held', 'retried') then coalesce(g.cursor, t.cursor) else t.cursor end,
           held_evidence = g.evidence,
           run_id = null, pid = null, started_at = null, heartbeat_at = null,
           boot_id = null, pid_namespace = null, process_started = null, prefetched = false
      from given g
     where t.id = g.id
       and t.id = any (array(select x.id from given x))
       and t.run_id = g.run_id
       and coalesce(t.status, '') = 'running'
       and (select m.lanes from made m) >= 0
    returning g.n, g.run_id, g.kind, t.id, t.worker_id, t.status,
              case when t.status = 'queued' then t.next_eligible_at end as next_eligible_at,
              case g.kind when 'failed' then jsonb_build_object('error', g.error, 'attempt', t.attempt, 'output', g.result)
                          when 'released' then jsonb_build_object('cause', g.cause, 'cursor', t.cursor)
                          when 'completed' then '{}'
                          else jsonb_build_object('retries', t.transient_failures) end
                || coalesce(g.evidence, '{}') as data
  ), events as (
    insert into event_batches (kind, by, task_ids, run_ids, shared, each)
    select case when c.kind = 'retried' and c.status = 'held' then 'held' else c.kind end, coalesce(c.worker_id, acting_person()),
           array_agg(c.id), array_agg(c.run_id), jsonb_build_object('status', c.status, 'as', c.kind),
           jsonb_agg(c.data || jsonb_build_object('next_eligible_at', c.next_eligible_at))
      from changed c
     group by c.kind, c.status, c.worker_id
  ), counted as (
    insert into task_totals (succeeded, failed, cancelled)
    select count(*) filter (where c.status = 'succeeded'), count(*) filter (where c.status = 'failed'), 0
      from changed c
     where c.status in ('succeeded', 'failed')
    having count(*) > 0
  )
  select json_agg(json_build_object('n', c.n, 'status', c.status, 'next_eligible_at', c.next_eligible_at))
    
    from changed c;

begin;
explain execute end_staged_runs ('[]', '{10}', '{10}', 3, '{}');
rollback;
deallocate end_staged_runs;
