import type { Queryable } from '@orchestra/database';
import { openHeads } from './open-heads.ts';
import {
  ACTIVE_PAUSES_CTE,
  type GatedRepos,
  isEligible,
  isGated,
  isPaused,
  isReservedForRunner,
} from '../sql/predicates.ts';
import { RUNNER_PREFIX } from '../contract/index.ts';
import type { RunnerReservations } from '../pipelines/runner-reservations.ts';
import { openProbes } from './open-probes.ts';

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
// Lanes looked at by one statement, of which there are as many as it takes: no statement nears its time limit, however
// many lanes there are.
const LANES_PER_LOOK = 5_000;

const skillOf = (row: string): string =>
  `case when ${isReservedForRunner(row, '$2')} then '${RUNNER_PREFIX}' || ${row}.skill else ${row}.skill end as skill`;

const asKinds = (kinds: string): string => `
       (select coalesce(jsonb_agg(jsonb_build_object('agent', o.agent_id, 'skill', o.skill)), '[]')
          from (select k.agent_id, k.skill from ${kinds} k limit ${KINDS_MAX + 1}) o) as kinds`;

/**
 * For any number of waiting workers, and at lanes instead of tasks: one page of them. It tells eligible and paused as
 * the claim does, which `open-work.db.test.ts` holds them to; but it is a hint only, the claim is the gate.
 */
const LANES = `
with ${ACTIVE_PAUSES_CTE}, page as materialized (
  select l.id, l.agent_id, l.skill, l.repo, l.quest_id, l.actor_id, l.head
    from task_lanes l
   where l.id > $3
   order by l.id
   limit ${LANES_PER_LOOK}
), kinds as materialized (
  select distinct l.agent_id, ${skillOf('l')}
    from page l
   where not ${isGated('l.repo', '$1')} and not ${isPaused('l')}
     and exists (select
                   from tasks t
                  where t.lane_id = l.id
                    and t.status = 'queued'
                    and t.place >= l.head
                    and ${isEligible('t')})
)
select ${asKinds('kinds')}, (select max(l.id) from page l having count(*) = ${LANES_PER_LOOK}) as go_on_behind`;

// What stands in no lane that a claim looks at, and when there may be more.
const REST = `
with ${ACTIVE_PAUSES_CTE}, kinds as materialized (
  select h.agent_id, ${skillOf('h')} from (${openHeads({ agents: 'null', skills: 'null', repos: '$1' })}) h
  union
  select p.agent_id, ${skillOf('p')} from (${openProbes({ agents: 'null', skills: 'null', repos: '$1' })}) p
  union
  -- not in line yet: the claim sees to that
  select d.agent_id, ${skillOf('d')}
    from (select t.agent_id, t.skill, t.repo
            from tasks t
           where t.status = 'queued'
             and not t.in_line
             and ${isEligible('t')}) d
)
select ${asKinds('kinds')},
       exists (select from repo_gates g where g.head_id is not null) as some_wait_at_gates,
       extract(epoch from least(
         (select t.next_eligible_at from tasks t
           where t.status = 'queued' and t.next_eligible_at > t.created_at and t.next_eligible_at > now()
             and t.deferred_by is null
           order by t.next_eligible_at limit 1),
         (select min(p.ends_at) from paused p)) - now())::float8 * 1000 as next_in_ms`;

type Kinds = OpenWork['kinds'];

/**
 * What there is to be claimed, where the serial gate holds for these repos and this is kept for runners. Reads only.
 */
export async function lookForWork(
  db: Queryable,
  gatedRepos: GatedRepos = null,
  kept: RunnerReservations = null,
): Promise<OpenWork> {
  const values = [gatedRepos, kept === null ? null : JSON.stringify(kept)];
  const {
    rows: [rest],
  } = await db.query<{ kinds: Kinds; some_wait_at_gates: boolean; next_in_ms: number | null }>(REST, values);
  const kinds = new Map<string, Kinds[number]>();
  const add = (found: Kinds = []): void =>
    found.forEach((kind) => kinds.set(JSON.stringify([kind.agent, kind.skill]), kind));
  add(rest?.kinds);
  // Ends: ids only grow, and a page that is not full is the last one.
  for (let behind: string | null = '0'; behind !== null && kinds.size <= KINDS_MAX;) {
    const {
      rows: [page],
    }: { rows: { kinds: Kinds; go_on_behind: string | null }[] } = await db.query(LANES, [...values, behind]);
    add(page?.kinds);
    behind = page?.go_on_behind ?? null;
  }
  return {
    kinds: [...kinds.values()].slice(0, KINDS_MAX),
    more: kinds.size > KINDS_MAX,
    someWaitAtGates: rest?.some_wait_at_gates ?? false,
    nextInMs: rest?.next_in_ms ?? null,
  };
}
