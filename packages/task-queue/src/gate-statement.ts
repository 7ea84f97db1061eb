import { gated } from './gated.ts';
import { wanted } from './open-lanes.ts';
import { covered, eligible } from './pause-keys.ts';

export interface GateStep {
  agents: string;
  skills: string;
  limit: string;
  repos: string;
  /** What is kept for runners; absent: nothing. */
  kept?: string;
  /** A step of one row that comes first, whatever the plan; absent: none. */
  after?: string;
}

/** Heads that may start now, and their gates. Stands behind the steps that read the pauses. */
const opened = ({ agents, skills, repos, kept, after }: Omit<GateStep, 'limit'>): string => `
    from repo_gates g
    join tasks h on h.id = g.head_id
   where g.head_id is not null and g.frozen_at is null and g.in_progress < g.max_in_progress and ${gated('g.repo', repos)}
     -- the same of the gate's copy of its labels: without it, each gate with a paused head would cost a look at a task
     and not ${covered('g')} and ${wanted('g', agents, skills, kept)}
     and h.status = 'queued' and ${eligible('h')} and not ${covered('h')} and ${wanted('h', agents, skills, kept)}${after === undefined ? '' : comesAfter(after)}`;

/**
 * A condition that has the step `after` done before anything of this one is locked: it needs no row of this one, so
 * the server looks at it before it reads
 * any. The step is an aggregate: one row, with a count in `gates`.
 */
export const comesAfter = (after: string): string => ` and (select x.gates from ${after} x) >= 0`;

/**
 * The gates of repos for which the serial gate does not hold, of the tasks that these steps have found: locked by
 * name, as a step of the claim's statement. The trigger
 * counts these tasks at their gates and would lock them only after the claim has locked the gates of {@link
 * openGates}, whatever their names. One row comes of it.
 */
export const ungatedGates = (steps: readonly string[]): string => `
  select count(lock_gate(u.repo)) as gates
    from (select distinct r.repo collate "C" as repo from (${steps.map((step) => `select x.repo from ${step} x`).join(' union all ')}) r
           where r.repo is not null order by 1) u`;

/**
 * The serial gate, as a step of the claim's statement: of each repo whose gate is open the first in line, nearest first,
 * with the gate and the task locked.
 *
 * Why no two claims let more through than a gate allows: the lock is held until the claim has committed, and the claim's
 * own update counts its task at the gate (by trigger) before that. Another claim passes over a locked gate; one that
 * comes later, with an older snapshot, finds that the gate's row has changed and looks at the conditions once
 * more on its newest version. The first in line is then another task than the one it has joined, or the gate is full: nothing.
 *
 * The claim waits for nobody here: that keeps it out of every deadlock, whatever order others lock gates in.
 *
 * Strict: a head that is paused, or waits for its next attempt, or is wanted by none of the workers, holds its repo up. That
 * is what parking is for.
 */
export const openGates = (step: GateStep): string => `
  select h.ctid as lies_at, h.priority, h.place ${opened(step)}
   order by g.head_priority, g.head_id
   limit ${step.limit}
     for no key update of g skip locked
     for update of h skip locked`;

/** The labels of the heads that {@link openGates} would find; locks nothing. */
export const openHeads = (step: Omit<GateStep, 'limit'>): string => `
  select h.agent_id, h.skill, h.repo ${opened(step)}`;
