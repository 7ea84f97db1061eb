import { isEligible, isGated, isPaused, matchesFilter } from '../sql/predicates.ts';

export interface GateStep {
  agents: string;
  skills: string;
  repos: string;
}

/**
 * The labels of the heads for which a claim would find the serial gate open, as `orchestra_turn` does: of each repo the
 * first in line, where neither a pause nor its time holds it. Locks nothing. Stands behind the steps that read the
 * pauses.
 *
 * Strict: a head that is paused, or waits for its next attempt, or is wanted by none of the workers, holds its repo up.
 * That is what parking is for.
 */
export const openHeads = ({ agents, skills, repos }: GateStep): string => `
  select h.agent_id, h.skill, h.repo
    from repo_gates g
    join tasks h on h.id = g.head_id
   where g.head_id is not null
     and g.frozen_at is null
     and g.in_progress < g.max_in_progress
     and ${isGated('g.repo', repos)}
     -- the same of the gate's copy of its labels: without it, each gate with a paused head would cost a look at a task
     and not ${isPaused('g')}
     and ${matchesFilter('g', agents, skills)}
     and h.status = 'queued'
     and ${isEligible('h')}
     and not ${isPaused('h')}
     and ${matchesFilter('h', agents, skills)}`;
