import type { Queryable } from '@orchestra/database';
import type { RunawayRule } from './runaway-rule.ts';
import { labelOfRun } from '../history/what-a-claim-saw.ts';

/** A run given up while its task or its actor runs away, with the figures that say so. */
export interface RunawayRun {
  run_id: string;
  task_id: string;
  /** null: the task acts as nobody. */
  actor_id: string | null;
  ended_at: Date;
  /** Whose figures these are; the task's where both are over the limit. */
  about: 'task' | 'actor';
  ended_runs: number;
  given_up: number;
}

// A run handed back for a pause or a shutdown says nothing about the task.
const COUNTS = "(e.kind <> 'released' or coalesce(e.data ->> 'cause', 'gave_up') not in ('pause', 'shutdown'))";
const ENDED = `e.run_id is not null and ${COUNTS}`;

/**
 * How many runs ended within the window that closes with this one, itself included. Runs of one instant count in their
 * order.
 */
const ofWindow = (whose: string, condition = ''): string => `
           (count(*) ${condition} over (partition by e.${whose} order by e.at, e.id)
          - count(*) ${condition} over (partition by e.${whose} order by e.at
                                        range between unbounded preceding and make_interval(secs => $2) preceding))::int`;

/**
 * - `given_up` are the runs to judge: those that no alert speaks of. While there is none, the rest costs nothing.
 * - `ended` is what their tasks and their actors are measured by: the actors that the runs were claimed for. They are
 *   found by the actors that the tasks have now, for an hour of runs is too much to look up one by one. A run is judged
 *   by what had ended up to and including itself, so the verdict is the same whenever it is judged.
 *
 * Parameters: $1 look-back in seconds, $2 window in seconds, $3 runs, $4 share.
 */
const JUDGE = `
with given_up as materialized (
  select e.id, e.task_id, l.value as actor_id, e.at
    from ends_since(now() - make_interval(secs => $1)) e
    join tasks t on t.id = e.task_id
   cross join lateral (${labelOfRun('e', 't', 'actor_id')}) l
   where ${ENDED} and e.kind <> 'completed'
     and not exists (select from senate_alerts a where a.kind = 'runaway' and a.details ->> 'run_id' = e.run_id::text)
), ended as materialized (
  select e.id, e.task_id, l.value as actor_id, e.run_id, e.at, e.kind <> 'completed' as given_up
    from (select min(g.at) - make_interval(secs => $2) as first_at from given_up g) w
   cross join lateral ends_since(w.first_at) e
    join tasks t on t.id = e.task_id
   cross join lateral (${labelOfRun('e', 't', 'actor_id')}) l
   where ${ENDED}
     and (e.task_id in (select g.task_id from given_up g) or t.actor_id in (select g.actor_id from given_up g))
), counted as (
  select e.id, e.task_id, e.actor_id, e.run_id, e.at,
         ${ofWindow('task_id')} as of_task,
         ${ofWindow('task_id', 'filter (where e.given_up)')} as of_task_given_up,
         ${ofWindow('actor_id')} as of_actor,
         ${ofWindow('actor_id', 'filter (where e.given_up)')} as of_actor_given_up
    from ended e
), judged as (
  select c.*,
         c.of_task >= $3 and c.of_task_given_up >= $4::numeric * c.of_task as by_task,
         c.actor_id is not null and c.of_actor >= $3 and c.of_actor_given_up >= $4::numeric * c.of_actor as by_actor
    from counted c
   where c.id in (select g.id from given_up g)
)
select j.run_id, j.task_id, j.actor_id, j.at as ended_at,
       case when j.by_task then 'task' else 'actor' end as about,
       case when j.by_task then j.of_task else j.of_actor end as ended_runs,
       case when j.by_task then j.of_task_given_up else j.of_actor_given_up end as given_up
  from judged j
 where j.by_task or j.by_actor
 order by j.at, j.id`;

/**
 * The runs that ended within `lookBackMs` and call for an alert that nobody has raised yet, oldest first. Writes
 * nothing.
 */
export async function findRunawayRuns(db: Queryable, rule: RunawayRule, lookBackMs: number): Promise<RunawayRun[]> {
  const { rows } = await db.query<RunawayRun>(JUDGE, [
    lookBackMs / 1_000,
    rule.windowMs / 1_000,
    rule.runs,
    rule.givenUpShare,
  ]);
  return rows;
}
