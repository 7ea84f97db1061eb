import type { Queryable } from '@orchestra/database';
import type { Scope } from '@orchestra/pause-core';
import { type GatedRepos, gateHolds, isEligible, pauseCovers } from '../sql/predicates.ts';
import { scopeOfParameters, scopeParameters, underScope } from '../sql/labels-under-scope.ts';

const unmark = (stale: string): string => `
with stale as materialized (${stale}
), unmarked as (
  update tasks t set probe_of = null from stale s where t.id = s.id returning t.id, s.pause_id
), events as (
  insert into task_event_rows (task_id, kind, by, data)
  select u.id, 'probed', $1, jsonb_build_object('pause_id', u.pause_id::text, 'verdict', 'withdrawn') from unmarked u
)
select u.id from unmarked u`;

// A claim is at it: then it is too late, or it is looked at again in a moment.
const OF_ONE = unmark(
  "select t.id, t.probe_of as pause_id from tasks t where t.probe_of = $2 and t.status = 'queued' for update skip locked",
);

const LEFT_OVER = unmark(`
  select t.id, t.probe_of as pause_id from tasks t
   where t.probe_of > 0 and not exists (select from active_pauses p where p.id = t.probe_of and p.probe_task_id = t.id)
     for update of t skip locked`);

/** Takes the mark from the task that this pause lets through, unless it has begun. @returns whether it was taken */
export async function unmarkProbe(db: Queryable, pauseId: string, by: string): Promise<boolean> {
  const { rowCount } = await db.query(OF_ONE, [by, pauseId]);
  return (rowCount ?? 0) > 0;
}

/**
 * Takes the marks from tasks whose pause lets them through no more: it was cleared, or given another end. No claim goes
 * by such a mark; this is for whoever looks at the task. One that runs goes on to its end.
 *
 * @returns how many were taken
 */
export async function unmarkLeftOver(db: Queryable, by: string): Promise<number> {
  const { rowCount } = await db.query(LEFT_OVER, [by]);
  return rowCount ?? 0;
}

/**
 * Could a claim still take the task that this pause lets through? Not where somebody has parked it since, paused it
 * otherwise, or come before it at its gate.
 */
export async function probeMayStart(db: Queryable, pauseId: string, gatedRepos: GatedRepos): Promise<boolean> {
  const {
    rows: [row],
  } = await db.query<{ may: boolean }>(
    `select exists (
       select from tasks t
        left join repo_gates g on g.repo = t.repo
        where t.probe_of = $1 and t.status = 'queued' and ${isEligible('t')}
          and (t.repo is null or not ${gateHolds('t.repo', '$2')}
               or (g.head_id = t.id and g.frozen_at is null and g.in_progress < g.max_in_progress))
          and not exists (select
                            from active_pauses p
                           where p.id <> $1
                             and p.probing_at is null
                             and ${pauseCovers('p', 't')})) as may`,
    [pauseId, gatedRepos],
  );
  return row?.may ?? false;
}

/** Are there tasks of a scope that some pause has let through and that have not begun? */
export async function someProbesWait(db: Queryable, scope: Scope): Promise<boolean> {
  const {
    rows: [row],
  } = await db.query<{ some: boolean }>(
    `select exists (select
                      from tasks t
                     where t.probe_of > 0
                       and t.status = 'queued'
                       and ${underScope('t', scopeOfParameters(scope.kind))}) as some`,
    scopeParameters(scope),
  );
  return row?.some ?? false;
}
