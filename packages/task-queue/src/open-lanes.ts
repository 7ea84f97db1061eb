/** Is what carries these labels kept for a runner? `kept`: a parameter that carries `KeptForRunners`. */
export const keptForRunner = (row: string, kept: string): string =>
  `is_kept(${row}.skill, ${row}.repo, ${kept}::jsonb)`;

/**
 * Does a claim of these agents and skills, each a parameter that may be null, want what carries these labels? What is
 * kept for a runner is wanted by a claim that names it, as `runner:<skill>`, and by no other. Its label stays the
 * skill, so a pause of the skill holds it all the same.
 */
export const wanted = (row: string, agents: string, skills: string, kept = 'null'): string =>
  `is_wanted(${row}.agent_id, ${row}.skill, ${row}.quest_id, ${row}.actor_id, ${row}.repo, ` +
  `${agents}::text[], ${skills}::text[], ${kept}::jsonb)`;
