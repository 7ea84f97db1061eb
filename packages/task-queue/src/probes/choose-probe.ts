import type { Transaction } from '@orchestra/database';
import type { Scope } from '@orchestra/pause-core';
import { type GatedRepos, gateHolds, isEligible, pauseCovers } from '../sql/predicates.ts';
import { scopeParameters, underScope, type ScopeInSql } from '../sql/labels-under-scope.ts';

/**
 * The first task of a scope that nothing but this pause holds: its time has come, it is first in line at its repo's
 * open gate where the serial gate holds for it, and every other pause over it probes as well and has let nobody
 * through. None while a task of the scope is through already.
 *
 * The row stays locked; a task that somebody else has locked is passed over. $1: the pause, $2 and $3: the labels of
 * its scope, $4: the repos for which the serial gate holds, null for all.
 */
const choice = (scope: ScopeInSql): string => `
with holding as materialized (
  select p.scope_kind, p.scope_value, p.also from active_pauses p
   where p.id <> $1
     and not (p.probing_at is not null and p.probe_task_id is null
              and not exists (select from tasks m where m.probe_of > 0 and ${pauseCovers('p', 'm')}))
), firsts as materialized (
  select f.id, f.priority, f.place
    from task_lanes l
   cross join lateral (
         select t.id, t.priority, t.place
           from tasks t
          where t.lane_id = l.id and t.status = 'queued' and t.place >= l.head and ${isEligible('t')}
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
   and not exists (select from tasks m where m.probe_of > 0 and ${underScope('m', scope)})
 order by f.priority, f.place
 limit 1
   for update of t skip locked`;

/** Finds the task that a pause is to let through next, and locks it. @returns its id; null: there is none now */
export async function chooseProbe(
  tx: Transaction,
  pauseId: string,
  scope: Scope,
  gatedRepos: GatedRepos,
): Promise<string | null> {
  const { rows } = await tx.query<{ id: string }>(choice({ kind: scope.kind, value: '$2', also: '$3::jsonb' }), [
    pauseId,
    ...scopeParameters(scope),
    gatedRepos,
  ]);
  return rows[0]?.id ?? null;
}
