import type { Queryable } from '@orchestra/database';
import { openHeads } from '../gate-statement.ts';
import type { GatedRepos } from '../gated.ts';
import { RUNNER_PREFIX } from '../contract/index.ts';
import { keptForRunner, openLanes } from '../open-lanes.ts';
import type { KeptForRunners } from '../runner-switches.ts';
import { eligible, PAUSE_KEYS } from '../pause-keys.ts';
import { openProbes } from '../probe-statement.ts';

/** For whom a claim would do something now, and when that may next change by the clock. */
export interface OpenWork {
  /** Labels of tasks that a claim would take; of one that is kept for a runner, `runner:` before its skill. */
  kinds: { agent: string | null; skill: string | null }[];
  /** True: there are more kinds than are listed. */
  more: boolean;
  /** Tasks stand in line at serial gates, open or not. */
  someWaitAtGates: boolean;
  /** Until the next retry is due or the next pause ends, by the database's clock; null: nothing is known to come. */
  nextInMs: number | null;
}

const KINDS_MAX = 1_000;
// Of more lanes than these, the rest is not looked at and may hold anything.
const LANES_MAX = 5_000;

/**
 * One statement for any number of waiting workers, which looks at lanes and not at tasks. It tells eligible and paused as
 * the claim does, which `open-work.db.test.ts` holds them to; but it is a hint only, the claim is the gate.
 */
const skillOf = (row: string): string => `case when ${keptForRunner(row, '$3')} then '${RUNNER_PREFIX}' || ${row}.skill else ${row}.skill end as skill`;

const LOOK = `
with ${PAUSE_KEYS}, open_lanes as materialized (${openLanes({ agents: 'null', skills: 'null', limit: `${LANES_MAX}`, repos: '$2' })}
), open_heads as materialized (${openHeads({ agents: 'null', skills: 'null', limit: `${LANES_MAX}`, repos: '$2' })}
), kinds as materialized (
  select distinct l.agent_id, ${skillOf('l')}
    from open_lanes o
    join task_lanes l on l.id = o.id
   where exists (select from tasks t where t.lane_id = l.id and t.status = 'queued' and t.place >= l.head and ${eligible('t')})
  union
  select h.agent_id, ${skillOf('h')} from open_heads h
  union
  select p.agent_id, ${skillOf('p')} from (${openProbes({ agents: 'null', skills: 'null', limit: `${LANES_MAX}`, repos: '$2' })}) p
  union
  -- not in line yet: the claim sees to that
  select d.agent_id, ${skillOf('d')} from (select t.agent_id, t.skill, t.repo from tasks t where t.status = 'queued' and not t.in_line and ${eligible('t')} limit ${LANES_MAX}) d
)
select (select coalesce(jsonb_agg(jsonb_build_object('agent', o.agent_id, 'skill', o.skill)), '[]')
          from (select k.agent_id, k.skill from kinds k limit $1) o) as kinds,
       greatest((select count(*) from open_lanes), (select count(*) from open_heads)) >= ${LANES_MAX} as lanes_left_out,
       exists (select from repo_gates g where g.head_id is not null) as some_wait_at_gates,
       extract(epoch from least(
         (select t.next_eligible_at from tasks t
           where t.status = 'queued' and t.next_eligible_at > t.created_at and t.next_eligible_at > now() and t.deferred_by is null
           order by t.next_eligible_at limit 1),
         (select min(p.ends_at) from paused p)) - now())::float8 * 1000 as next_in_ms`;

/** What there is to be claimed, where the serial gate holds for these repos and this is kept for runners. Reads only. */
export async function lookForWork(db: Queryable, gatedRepos: GatedRepos = null, kept: KeptForRunners = null): Promise<OpenWork> {
  const { rows: [row] } = await db.query<{ kinds: OpenWork['kinds']; lanes_left_out: boolean; some_wait_at_gates: boolean; next_in_ms: number | null }>(LOOK, [KINDS_MAX + 1, gatedRepos, kept === null ? null : JSON.stringify(kept)]);
  const kinds = row?.kinds ?? [];
  return {
    kinds: kinds.slice(0, KINDS_MAX),
    more: kinds.length > KINDS_MAX || (row?.lanes_left_out ?? false),
    someWaitAtGates: row?.some_wait_at_gates ?? false,
    nextInMs: row?.next_in_ms ?? null,
  };
}
