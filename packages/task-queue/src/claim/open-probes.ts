import type { GateStep } from './open-heads.ts';
import { isEligible, isGated, matchesFilter, pauseCovers } from '../sql/predicates.ts';

/**
 * Tasks that their pause lets through, as `orchestra_turn` tells them: it names them, and they it. Every other pause
 * that covers one holds it all the same, unless that one probes too, and so lets go by the same run. Found by an index
 * that holds one entry for each pause that probes: the status is asked for in a way that offers no other. The pauses
 * are looked through for each of those tasks, and not the other way round: hence an aggregate, which is never made into
 * a join.
 */
const letThrough = ({ agents, skills }: Pick<GateStep, 'agents' | 'skills'>): string => `
       t.probe_of > 0
   and coalesce(t.status, '') = 'queued'
   and ${isEligible('t')}
   and ${matchesFilter('t', agents, skills)}
   and coalesce((select bool_or(p.id = t.probe_of and p.probe_task_id = t.id)
                        and not bool_or(p.id <> t.probe_of and p.probing_at is null
                                        and coalesce(${pauseCovers('p', 't')}, false))
                   from paused p), false)`;

/** The serial gate holds for probes as for anything else. Strict: only the first in line may be one. */
const openGateOf = (task: string): string => `
  select from repo_gates g
   where g.repo = ${task}.repo
     and g.head_id is not distinct from ${task}.id
     and (g.frozen_at is null) is true
     and (g.in_progress < g.max_in_progress) is true`;

/** The labels of the probes that a claim would find; locks nothing. Stands behind the steps that read the pauses. */
export const openProbes = (step: GateStep): string => `
  select t.agent_id, t.skill, t.repo
    from tasks t
   where ${letThrough(step)}
     and (not ${isGated('t.repo', step.repos)} or exists (${openGateOf('t')}))`;
