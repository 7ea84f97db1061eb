import { gated } from './gated.ts';
import { covered } from './pause-keys.ts';

/** Does a claim of these agents and skills, each a parameter that may be null, want what carries these labels? */
export const wanted = (row: string, agents: string, skills: string): string =>
  `(${agents}::text[] is null or ${row}.agent_id = any (${agents}::text[])) and (${skills}::text[] is null or ${row}.skill = any (${skills}::text[]))`;

/**
 * The lanes that a claim may take from, nearest head first, but those whose tasks pass the serial gate. Stands behind the steps
 * that read the pauses. `repos`: a parameter, the repos for which the gate holds, null for all.
 */
export const openLanes = ({ agents, skills, limit, repos }: { agents: string; skills: string; limit: string; repos: string }): string => `
  select l.id, l.priority, l.head, l.returns
    from task_lanes l
   where not ${gated('l.repo', repos)} and not ${covered('l')} and ${wanted('l', agents, skills)}
   order by l.priority, l.head
   limit ${limit}`;
