import { SCOPE_KINDS } from '@orchestra/pause-core';
import { labelArguments } from './labels-under-scope.ts';

// The conditions on rows that statements share. Each calls the function of the database that `orchestra_turn` calls too
// (migrations/0043, docs/schema.sql), so that a claim and an answer about it cannot differ.

/**
 * The steps with which a statement reads the active pauses: the rows, and their values in a form that is quick to look
 * up. The claim has its own, in
 * `orchestra_turn` (migrations/0043): they name `claim_marker` as well, so that the settle sees it at work (P2).
 */
export const ACTIVE_PAUSES_CTE = `paused as materialized (
  select p.id, p.scope_kind, p.scope_value, p.also, p.reason, p.ends_at, p.probing_at, p.probe_task_id
    from active_pauses p
), keys as materialized (
  -- one jsonb object: about its content the planner guesses nothing; for an array it would sort the whole queue
  select coalesce(jsonb_object_agg(p.scope_kind || ' ' || p.scope_value, true) filter (where p.also is null),
                  '{}') as scopes,
         jsonb_agg(p.also || jsonb_build_object(p.scope_kind, p.scope_value)) filter (where p.also is not null) as pairs
    from paused p
)`;

/**
 * In SQL what `covers` says in TypeScript: does an active pause hold what carries these labels, a task or a lane?
 * `gate.db.test.ts` holds the two together.
 */
export const isPaused = (row: string): string =>
  'pauses_cover((select k.scopes from keys k), (select k.pairs from keys k), ' +
  `${labelArguments((column) => `${row}.${column}`)})`;

/** Does this one pause cover the row? Both by the names of their steps. */
export const pauseCovers = (pause: string, row: string): string =>
  `pause_covers(${pause}.scope_kind, ${pause}.scope_value, ${pause}.also, ` +
  `${labelArguments((column) => `${row}.${column}`)})`;

/**
 * Of several pauses the one that is named comes first: fleet, actor, agent, skill, quest; then the one that ends last;
 * then the older one.
 */
export const NAMED_FIRST =
  `array_position(array[${SCOPE_KINDS.map((kind) => `'${kind}'`).join(', ')}], ` +
  'p.scope_kind), p.ends_at desc nulls first, p.id';

/** Of the pauses that cover a row the one that is named. */
export const winningPause = (row: string): string => `
         select p.id, p.scope_kind, p.scope_value, p.also, p.reason, p.ends_at
           from paused p
          where ${pauseCovers('p', row)}
          order by ${NAMED_FIRST}
          limit 1`;

/**
 * A deferred task is eligible as soon as no pause covers it; any other when its time has come, at the start of the
 * statement. A parked one never is.
 */
export const isEligible = (task: string): string =>
  `may_start(${task}.paused_at, ${task}.next_eligible_at, ${task}.deferred_by, statement_timestamp())`;

/** Is what carries these labels kept for a runner? `kept`: a parameter that carries `KeptForRunners`. */
export const isReservedForRunner = (row: string, kept: string): string =>
  `is_kept(${row}.skill, ${row}.repo, ${kept}::jsonb)`;

/**
 * Does a claim of these agents and skills, each a parameter that may be null, want what carries these labels? What is
 * kept for a runner is wanted by a claim that names it, as `runner:<skill>`, and by no other. Its label stays the
 * skill, so a pause of the skill holds it all the same.
 */
export const matchesFilter = (row: string, agents: string, skills: string, kept = 'null'): string =>
  `is_wanted(${row}.agent_id, ${row}.skill, ${row}.quest_id, ${row}.actor_id, ${row}.repo, ` +
  `${agents}::text[], ${skills}::text[], ${kept}::jsonb)`;

/** For which repos the serial gate holds. null: for all; an empty list: it is switched off. */
export type GatedRepos = readonly string[] | null;

/**
 * In SQL: does the serial gate hold for this repo, which may be null? `repos` is a parameter that carries {@link
 * GatedRepos}.
 */
export const isGated = (repo: string, repos: string): string => `is_gated(${repo}, ${repos}::text[])`;

/**
 * The same for who does not claim: does the gate hold where the claims go by it? Anyone who claims may have other
 * settings than the caller, or be told others next time; a run of that repo that was let past its gate says so in its
 * own event.
 */
export const gateHolds = (repo: string, repos: string): string => `
  (${isGated(repo, repos)} and not exists (
     select from tasks r
      cross join lateral events_of_task(r.id) e
      where r.repo = ${repo} and r.status = 'running' and e.run_id = r.run_id and e.kind = 'claimed'
        and e.data -> 'gated' = 'false'))`;
