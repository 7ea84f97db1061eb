import { isTransaction, type Queryable } from '@orchestra/database';
import type { Ending, EndingAnswer } from '../contract/index.ts';
import { byIdOf, makeLanes } from '../lock-order.ts';
import { DEFAULT_STAGE_RULES, type StageRules } from '../pipelines/stage-rules.ts';
import { retryDelaySeconds } from '../retry-delay.ts';
import { UNOWNED } from '../unowned.ts';
import { endStagedRuns, type EndedRow } from './end-staged-runs.ts';
import { whyNotOwner } from './refuse-run.ts';

const RETRY_DELAYS = Array.from({ length: 10 }, (_, index) => retryDelaySeconds(index + 1));

/**
 * Ends many runs in one statement: the fence of each (`run_id`) is in it and the event stands beside it, so there is no
 * moment in which a reaper or another worker could come between.
 *
 * It takes its locks in the one order (docs/locking.md). A single ending needs no steps for that: its row is the only task, and the triggers do the rest.
 * The status is asked for in a way that offers no index: by that of the running tasks, which the planner believes to be
 * none, each of them would be compared with each of the endings.
 *
 * A call that brings a task with a stage ends and locks nothing here: `end-staged-runs.ts` does all of it.
 *
 * Parameters: $1 the endings, $2 the delays in seconds before the second attempt, the third, and so on.
 */
export const END_RUNS = `
with given as materialized (
  select g.n::int as n, (g.item ->> 'id')::bigint as id, (g.item ->> 'run_id')::uuid as run_id, g.item ->> 'as' as kind, nullif(g.item -> 'result', 'null') as result,
         nullif(g.item -> 'cursor', 'null') as cursor, g.item ->> 'error' as error, (g.item ->> 'retry')::boolean as retry, g.item ->> 'cause' as cause
    from jsonb_array_elements($1::jsonb) with ordinality as g(item, n)
), staged as materialized (
  select t.id from tasks t where ${byIdOf('given')} and t.pipeline is not null
), locked as materialized (
  select t.id, t.run_id, t.priority, t.repo, t.agent_id, t.skill, t.quest_id, t.actor_id
    from tasks t
   where ${byIdOf('given')} and coalesce(t.status, '') = 'running' and (select count(*) from given) > 1 and not exists (select from staged)
   order by t.id
     for no key update of t
), made as materialized (${makeLanes("select l.* from locked l join given g on g.id = l.id and g.run_id = l.run_id where g.kind <> 'completed'")}
), ended as (
  update tasks t
     set status = case g.kind when 'completed' then 'succeeded'
                              when 'failed' then case when g.retry and t.attempt < t.max_attempts then 'queued' else 'failed' end
                              else 'queued' end,
         attempt = case g.kind when 'released' then greatest(t.attempt - 1, 0) else t.attempt end,
         next_eligible_at = case g.kind when 'failed' then now() + make_interval(secs => ($2::int[])[least(t.attempt, array_length($2::int[], 1))])
                                        when 'released' then now()
                                        else t.next_eligible_at end,
         result = case g.kind when 'completed' then g.result when 'failed' then coalesce(g.result, t.result) else t.result end,
         cursor = case g.kind when 'released' then coalesce(g.cursor, t.cursor) else t.cursor end,
         ${UNOWNED}
    from given g
   where t.id = g.id and ${byIdOf('given')} and t.run_id = g.run_id and coalesce(t.status, '') = 'running'
     and (select m.lanes from made m) >= 0 and not exists (select from staged)
  returning g.n, g.run_id, g.kind, t.id, t.worker_id, t.status, case when t.status = 'queued' then t.next_eligible_at end as next_eligible_at,
            case g.kind when 'failed' then jsonb_build_object('error', g.error, 'attempt', t.attempt, 'output', g.result)
                        when 'released' then jsonb_build_object('cause', g.cause, 'cursor', t.cursor)
                        else '{}' end as data
), events as (
  insert into task_events (task_id, run_id, kind, by, data)
  select e.id, e.run_id, e.kind, coalesce(e.worker_id, acting_person()), e.data || jsonb_build_object('status', e.status, 'next_eligible_at', e.next_eligible_at)
    from ended e
)
select e.n, e.status, e.next_eligible_at from ended e`;

/**
 * Ends runs on behalf of their owners, each as it asks for. One that is refused (P10) changes nothing for the others, and one that
 * an earlier call has brought already answers what it did then.
 *
 * Inside a transaction nothing of it is true before the commit.
 *
 * @param rules where tasks with stages go, and how often a disturbance is tried again
 * @returns an answer for each ending, in their order
 */
export async function endRuns(db: Queryable, endings: readonly Ending[], rules: StageRules = DEFAULT_STAGE_RULES): Promise<EndingAnswer[]> {
  if (endings.length === 0) return [];
  const rows = await endPlainRuns(db, endings);
  // Whoever brings a stage or a disturbance has ended nothing yet, as has whoever is refused.
  if (rows.length === 0) rows.push(...await endStagedRuns(db, endings, RETRY_DELAYS, rules));
  const ended = new Map(rows.map((row) => [row.n, row]));
  const others = endings.flatMap((ending, index) => (ended.has(index + 1) ? [] : [ending]));
  // Outside a transaction, what has ended is committed: that the reason for the others cannot be read must not hide it.
  const reasons = (await whyNotOwner(db, others).catch((error: unknown) => {
    if (rows.length === 0 || isTransaction(db)) throw error;
    return others.map((): undefined => undefined);
  })).values();
  return endings.map((ending, index): EndingAnswer => {
    const { id, run_id } = ending;
    const row = ended.get(index + 1);
    if (row !== undefined) return { id, run_id, outcome: 'accepted', status: row.status, next_eligible_at: instant(row.next_eligible_at), refused: null };
    const why = reasons.next().value;
    // A worker that never heard the answer asks again: the same ending of the same run is not refused.
    if (why?.ended?.as === ending.as) return { id, run_id, outcome: 'repeated', status: why.ended.status, next_eligible_at: instant(why.ended.nextEligibleAt), refused: null };
    return { id, run_id, outcome: 'refused', status: null, next_eligible_at: null, refused: { code: why?.code ?? 'run_not_owner', detail: why?.detail ?? `run ${run_id} is not this worker's any more; why could not be read. Drop what this run did and claim again` } };
  });
}

async function endPlainRuns(db: Queryable, endings: readonly Ending[]): Promise<EndedRow[]> {
  if (endings.some(({ as }) => as === 'held' || as === 'retried')) return [];
  const { rows } = await db.query<EndedRow>({ name: 'orchestra-end-runs', text: END_RUNS, values: [JSON.stringify(endings), RETRY_DELAYS] });
  return rows;
}

function instant(at: Date | null): string | null {
  return at?.toISOString() ?? null;
}
