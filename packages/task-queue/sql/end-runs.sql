-- Ends runs without stages. Their tasks are locked by the statement before it.
-- Written by `npx pnpm sql:print` from the functions of the database; a test keeps it current.
-- $1 endings, $2 rules
prepare end_runs (jsonb, text) as
with given as materialized (
        select g.n::int as n,
               (g.item ->> 'id')::bigint as id,
               (g.item ->> 'run_id')::uuid as run_id,
               g.item ->> 'as' as kind,
               nullif(g.item -> 'result', 'null') as result,
               nullif(g.item -> 'cursor', 'null') as cursor,
               g.item ->> 'error' as error,
               (g.item ->> 'retry')::boolean as retry,
               g.item ->> 'cause' as cause,
               (select k.ctid from tasks k where k.id = (g.item ->> 'id')::bigint) as lies_at
          from jsonb_array_elements(($1::jsonb)) with ordinality as g(item, n)
      ), changed as (
        update tasks t
           set status = case when g.kind = 'completed' then 'succeeded'
                             when g.kind = 'failed' and not (g.retry and t.attempt < t.max_attempts) then 'failed'
                             else 'queued' end,
               attempt = case when g.kind = 'released' then greatest(t.attempt - 1, 0) else t.attempt end,
               next_eligible_at = case g.kind
                 when 'failed' then now() + make_interval(secs => (
                   ($2::text)::jsonb -> 'retry_delays'
                     ->> least(t.attempt, jsonb_array_length(($2::text)::jsonb -> 'retry_delays')) - 1)::int)
                 when 'released' then now()
                 else t.next_eligible_at end,
               result = case g.kind when 'completed' then g.result
                                    when 'failed' then coalesce(g.result, t.result)
                                    else t.result end,
               cursor = case g.kind when 'released' then coalesce(g.cursor, t.cursor) else t.cursor end,
               run_id = null, pid = null, started_at = null, heartbeat_at = null,
               boot_id = null, pid_namespace = null, process_started = null, prefetched = false
          from given g
         where t.ctid = g.lies_at
           and t.run_id = g.run_id
           and coalesce(t.status, '') = 'running'
           and t.pipeline is null
           and g.kind in ('completed', 'failed', 'released')
        returning g.n, g.run_id, g.kind, t.id, t.worker_id, t.status,
                  case when t.status = 'queued' then t.next_eligible_at end as next_eligible_at,
                  case g.kind
                    when 'failed' then jsonb_build_object('error', g.error, 'attempt', t.attempt, 'output', g.result)
                    when 'released' then jsonb_build_object('cause', g.cause, 'cursor', t.cursor)
                    else '{}' end as data
      ), events as (
        insert into event_batches (kind, by, task_ids, run_ids, shared, each)
        select c.kind, coalesce(c.worker_id, acting_person()), array_agg(c.id), array_agg(c.run_id),
               jsonb_build_object('status', c.status, 'next_eligible_at', null),
               case when c.kind <> 'completed' then jsonb_agg(
                 c.data || jsonb_build_object('next_eligible_at', c.next_eligible_at)) end
          from changed c
         group by c.kind, c.status, c.worker_id
      ), counted as (
        insert into task_totals (succeeded, failed, cancelled)
        select count(*) filter (where c.status = 'succeeded'), count(*) filter (where c.status = 'failed'), 0
          from changed c
         where c.status <> 'queued'
        having count(*) > 0
      )
      select json_agg(json_build_object('n', c.n, 'status', c.status, 'next_eligible_at', c.next_eligible_at))
        
        from changed c;

begin;
explain execute end_runs ('[]', '{"retry_delays":[1,2,4,8,16,32,64,128,256,300],"transient_delays":[5,10,20,40,80,160,300],"transient_retries":5,"transitions":{"default":{"analysis":{"pass":{"stage":"development","skill":"development"},"fail":{"stage":"analysis","skill":"analysis"}},"development":{"pass":{"stage":"review","skill":"review"},"fail":{"stage":"development","skill":"development"}},"review":{"pass":{"stage":"testing","skill":"testing"},"fail":{"stage":"development","skill":"development"}},"testing":{"pass":{"stage":"staging","skill":"staging"},"fail":{"stage":"development","skill":"development"}},"staging":{"pass":{"stage":"deploy","skill":"deploy"},"fail":{"stage":"development","skill":"development"}},"deploy":{"pass":{"stage":"done"},"fail":{"stage":"development","skill":"development"}}}}}');
rollback;
deallocate end_runs;
