import type { Queryable } from '@orchestra/database';
import type { Scope } from '@orchestra/pause-core';
import type { PausePreview } from '@orchestra/pause-core/contract';
import { scopeOfParameters, scopeParameters, underScope, type ScopeInSql } from '../sql/labels-under-scope.ts';

const LISTED_MAX = 200;
// More than this share of what waits, and a person should think twice.
const BROAD_SHARE = 0.5;

// One walk over an index of what waits, whatever the scope: some hundred milliseconds for a million. Nothing waits for
// it but a person who is about to decide.
const lanes = (scope: ScopeInSql): string => `
lanes as materialized (
  select l.quest_id, coalesce(${underScope('l', scope)}, false) as hit, w.queued
    from (select t.lane_id, count(*) as queued from tasks t where t.status = 'queued' group by t.lane_id) w
    join task_lanes l on l.id = w.lane_id
)`;

const radius = (scope: ScopeInSql): string => `
with ${lanes(scope)}, quests as (
  select l.quest_id, sum(l.queued) filter (where l.hit)::int as queued, sum(l.queued)
    filter (where not l.hit) is null as stalled
    from lanes l where l.quest_id is not null group by l.quest_id having bool_or(l.hit)
   order by 2 desc, 1 limit ${LISTED_MAX}
), repos as (
  select g.repo, g.head_id::text as head_held
    from repo_gates g
   where g.head_id is not null
     and g.frozen_at is null
     and ${underScope('g', scope)}
   order by g.repo
   limit ${LISTED_MAX}
)
select coalesce(sum(l.queued) filter (where l.hit), 0)::int as queued, coalesce(sum(l.queued), 0)::int as queued_in_all,
       (select coalesce(jsonb_agg(q), '[]') from quests q) as quests,
       (select coalesce(jsonb_agg(r), '[]') from repos r) as repos
  from lanes l`;

export type BlastRadius = Pick<PausePreview, 'queued' | 'queued_share' | 'quests' | 'repos' | 'broad'>;
interface Row {
  queued: number;
  queued_in_all: number;
  quests: PausePreview['quests'];
  repos: PausePreview['repos'];
}

/**
 * What a pause on this scope would hold: how much of what waits, which quests could not go on, and at which gates a
 * repo would stand still.
 */
export async function blastRadius(db: Queryable, scope: Scope): Promise<BlastRadius> {
  const {
    rows: [row],
  } = await db.query<Row>(radius(scopeOfParameters(scope.kind)), scopeParameters(scope));
  const { queued = 0, queued_in_all: all = 0, quests = [], repos = [] } = row ?? {};
  const share = all === 0 ? null : queued / all;
  return {
    queued,
    queued_share: share,
    quests,
    repos,
    broad: scope.kind === 'fleet' || (share !== null && share > BROAD_SHARE),
  };
}
