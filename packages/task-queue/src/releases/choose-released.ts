import type { Transaction } from '@orchestra/database';
import type { Scope } from '@orchestra/pause-core';
import { type GatedRepos, gateHolds, isEligible, pauseCovers } from '../sql/predicates.ts';
import { scopeParameters, underScope, type ScopeInSql } from '../sql/labels-under-scope.ts';

/**
 * The first task of a scope, in the order of the queue, that nothing but this pause holds. As for a probe, but others
 * may run.
 *
 * The row stays locked; a task that somebody else has locked is passed over. $1: the pause, $2 and $3: the labels of
 * its scope, $4: the repos for which the serial gate holds, null for all.
 */
const choice = (scope: ScopeInSql): string => `
with holding as materialized (
  select p.scope_kind, p.scope_value, p.also from active_pauses p where p.id <> $1
), firsts as materialized (
  select f.id, f.priority, f.place
    from task_lanes l
   cross join lateral (
         select t.id, t.priority, t.place
           from tasks t
          where t.lane_id = l.id and t.status = 'queued' and t.place >= l.head and t.probe_of is null
            and ${isEligible('t')}
          order by t.place
          limit 1) f
   where ${underScope('l', scope)} and (l.repo is null or not ${gateHolds('l.repo', '$4')})
     and not exists (select from holding p where ${pauseCovers('p', 'l')})
  union all
  select h.id, h.priority, h.place
    from repo_gates g
    join tasks h on h.id = g.head_id
   where ${underScope('g', scope)} and ${underScope('h', scope)} and g.frozen_at is null
     and g.in_progress < g.max_in_progress and ${gateHolds('g.repo', '$4')}
     and not exists (select from holding p where ${pauseCovers('p', 'h')})
)
select t.id
  from firsts f
  join tasks t on t.id = f.id
 where t.status = 'queued' and t.probe_of is null and ${underScope('t', scope)} and ${isEligible('t')}
 order by f.priority, f.place
 limit 1
   for update of t skip locked`;

const ofPause = ({ kind }: Scope): ScopeInSql => ({ kind, value: '$2', also: '$3::jsonb' });

/**
 * Finds the task of a paused backlog that is to be let go next, and locks it. @returns its id; null: there is none now
 */
export async function chooseReleased(
  tx: Transaction,
  pauseId: string,
  scope: Scope,
  gatedRepos: GatedRepos,
): Promise<string | null> {
  const { rows } = await tx.query<{ id: string }>(choice(ofPause(scope)), [
    pauseId,
    ...scopeParameters(scope),
    gatedRepos,
  ]);
  return rows[0]?.id ?? null;
}

/**
 * How many tasks of the scope wait that would start in their turn were it not for this pause: due, not parked, and held
 * by no other.
 *
 * @param all false: it is enough to know whether there is one
 */
export async function countBacklog(tx: Transaction, pauseId: string, scope: Scope, all: boolean): Promise<number> {
  const {
    rows: [row],
  } = await tx.query<{ count: number }>(
    `select count(*)::int
       from (select from task_lanes l
              cross join lateral (
                    select from tasks t
                     where t.lane_id = l.id
                       and t.status = 'queued'
                       and t.place >= l.head
                       and ${isEligible('t')}
                     limit case when $4 then 1000000 else 1 end) q
              where ${underScope('l', ofPause(scope))}
                and not exists (select from active_pauses p where p.id <> $1 and ${pauseCovers('p', 'l')})
              limit case when $4 then 1000000 else 1 end) w`,
    [pauseId, ...scopeParameters(scope), all],
  );
  return row?.count ?? 0;
}
