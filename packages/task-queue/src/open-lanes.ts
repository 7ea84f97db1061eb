import { gated } from './gated.ts';
import { RUNNER_PREFIX } from './contract/index.ts';
import { covered } from './pause-keys.ts';
import { ALLOWED } from './runner-switches.ts';

/** Is what carries these labels kept for a runner? `kept`: a parameter that carries `KeptForRunners`. */
export const keptForRunner = (row: string, kept: string): string => `(${kept}::jsonb -> ${row}.skill = 'true' or ${kept}::jsonb -> ${row}.skill ? ${row}.repo)`;

/** Is this label one of those that `kept` allows beside? Where it says nothing of the kind, any is. */
const allowed = (label: string, kept: string, kind: 'quests' | 'actors'): string =>
  `(${kept}::jsonb -> '${ALLOWED}' -> '${kind}' is null or coalesce(${kept}::jsonb -> '${ALLOWED}' -> '${kind}' ? ${label}, false))`;

/**
 * Does a claim of these agents and skills, each a parameter that may be null, want what carries these labels? What is kept for a runner
 * is wanted by a claim that names it, as `runner:<skill>`, and by no other. Its label stays the skill, so a pause of the skill holds it all the same.
 */
export const wanted = (row: string, agents: string, skills: string, kept = 'null'): string =>
  `(${agents}::text[] is null or ${row}.agent_id = any (${agents}::text[])) and case when ${keptForRunner(row, kept)}
     then '${RUNNER_PREFIX}' || ${row}.skill = any (${skills}::text[]) else ${skills}::text[] is null or ${row}.skill = any (${skills}::text[]) end
     and ${allowed(`${row}.quest_id`, kept, 'quests')} and ${allowed(`${row}.actor_id`, kept, 'actors')}`;

/**
 * The lanes that a claim may take from, nearest head first, but those whose tasks pass the serial gate. Stands behind the steps
 * that read the pauses. `repos`: a parameter, the repos for which the gate holds, null for all.
 */
export const openLanes = ({ agents, skills, limit, repos, kept }: { agents: string; skills: string; limit: string; repos: string; kept?: string }): string => `
  select l.id, l.priority, l.head, l.returns
    from task_lanes l
   where not ${gated('l.repo', repos)} and not ${covered('l')} and ${wanted('l', agents, skills, kept)}
   order by l.priority, l.head
   limit ${limit}`;
