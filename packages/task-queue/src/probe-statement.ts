import { comesAfter } from './gate-statement.ts';
import { gated } from './gated.ts';
import { wanted } from './open-lanes.ts';
import { coveredBy, eligible } from './pause-keys.ts';

export interface ProbeStep {
  agents: string;
  skills: string;
  limit: string;
  repos: string;
  /** What is kept for runners; absent: nothing. */
  kept?: string;
}

/**
 * Tasks that their pause lets through: it names them, and they it. Every other pause that covers one holds it all the same, unless that one
 * probes too, and so lets go by the same run. Found by an index that holds one entry for each pause that probes: the status is asked for
 * in a way that offers no other. The pauses are looked through for each of those tasks, and not the other way round: hence an
 * aggregate, which is never made into a join.
 */
const letThrough = ({ agents, skills, kept }: Pick<ProbeStep, 'agents' | 'skills' | 'kept'>): string => `
       t.probe_of > 0 and coalesce(t.status, '') = 'queued' and ${eligible('t')} and ${wanted('t', agents, skills, kept)}
   and coalesce((select bool_or(p.id = t.probe_of and p.probe_task_id = t.id) and not bool_or(p.id <> t.probe_of and p.probing_at is null and coalesce(${coveredBy('p', 't')}, false))
                   from paused p), false)`;

/**
 * The serial gate holds for probes as for anything else. Strict: only the first in line may be one. Written so that no partial index of gates
 * comes into question: each would be walked through, and the one gate is found by its name.
 */
const openGateOf = (task: string): string => `
  select from repo_gates g
   where g.repo = ${task}.repo and g.head_id is not distinct from ${task}.id and (g.frozen_at is null) is true and (g.in_progress < g.max_in_progress) is true`;

// The few candidates are found first: asked for in their order, they would be looked for along the queue.
const take = (condition: string, gate: string, limit: string): string => `
  select t.ctid as lies_at, t.priority, t.place, t.repo
    from probed c
    join tasks t on t.ctid = c.lies_at${gate}
   where t.probe_of is not null and t.status = 'queued' and ${eligible('t')} and ${condition}
   order by c.priority, c.place
   limit ${limit}
     for update of t skip locked`;

/**
 * Probes of repos for which the serial gate does not hold, as steps of the claim's statement that come after those
 * which read the pauses; what can be taken is in
 * `free_probes`. It locks what it finds and passes over what another claim has locked, as {@link gatedProbes} does. A
 * probe is not left for later where a search
 * was cut short: there is one, and everything else of its scope waits for it.
 */
export const freeProbes = (step: ProbeStep): string => `probed as materialized (
  select t.ctid as lies_at, t.priority, t.place from tasks t where ${letThrough(step)}
), free_probes as materialized (${take(`not ${gated('t.repo', step.repos)}`, '', step.limit)}
)`;

/**
 * The other probes, each with its gate, as the step `gated_probes` behind {@link freeProbes}. `after` is done before
 * any gate is locked.
 */
export const gatedProbes = (step: ProbeStep, after: string): string => `gated_probes as materialized (${take(`${gated('t.repo', step.repos)}${comesAfter(after)}`, `
   cross join lateral (${openGateOf('t')} for no key update of g skip locked) g`, step.limit)}
)`;

/** The labels of the probes that {@link freeProbes} and {@link gatedProbes} would find; locks nothing. */
export const openProbes = (step: Omit<ProbeStep, 'limit'>): string => `
  select t.agent_id, t.skill, t.repo
    from tasks t
   where ${letThrough(step)} and (not ${gated('t.repo', step.repos)} or exists (${openGateOf('t')}))`;
