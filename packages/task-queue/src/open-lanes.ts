import { gated } from './gated.ts';
import { covered } from './pause-keys.ts';

/** Is what carries these labels kept for a runner? `kept`: a parameter that carries `KeptForRunners`. */
export const keptForRunner = (row: string, kept: string): string => `is_kept(${row}.skill, ${row}.repo, ${kept}::jsonb)`;

/**
 * Does a claim of these agents and skills, each a parameter that may be null, want what carries these labels? What is kept for a runner
 * is wanted by a claim that names it, as `runner:<skill>`, and by no other. Its label stays the skill, so a pause of the skill holds it all the same.
 */
export const wanted = (row: string, agents: string, skills: string, kept = 'null'): string =>
  `is_wanted(${row}.agent_id, ${row}.skill, ${row}.quest_id, ${row}.actor_id, ${row}.repo, ${agents}::text[], ${skills}::text[], ${kept}::jsonb)`;

/**
 * The lanes that a claim may take from, nearest head first, but those whose tasks pass the serial gate. Stands behind the steps
 * that read the pauses. `repos`: a parameter, the repos for which the gate holds, null for all.
 */
export const openLanes = ({ agents, skills, limit, repos, kept }: { agents: string; skills: string; limit: string; repos: string; kept?: string }): string => `
  select l.id, l.priority, l.head, l.returns
    from task_lanes l
   where not ${gated('l.repo', repos)}
     and not ${covered('l')}
     and ${wanted('l', agents, skills, kept)}
   order by l.priority, l.head
   limit ${limit}`;
