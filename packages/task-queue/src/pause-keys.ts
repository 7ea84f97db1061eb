/**
 * The steps with which a statement reads the active pauses: the rows, and their values in a form that is quick to look up. The claim has its own, in
 * `orchestra_turn` (migrations/0034): they name `claim_marker` as well, so that the settle sees it at work (P2).
 */
export const PAUSE_KEYS = `paused as materialized (
  select p.id, p.scope_kind, p.scope_value, p.reason, p.ends_at, p.probing_at, p.probe_task_id
    from active_pauses p
), keys as materialized (
  -- one jsonb object: about its content the planner guesses nothing; for an array it would sort the whole queue
  select coalesce(jsonb_object_agg(p.scope_kind || ' ' || p.scope_value, true), '{}') as scopes from paused p
)`;

/**
 * In SQL what `covers` says in TypeScript: does an active pause hold what carries these labels, a task or a lane?
 * `gate.db.test.ts` holds the two together.
 */
export const covered = (row: string): string =>
  `scopes_cover((select k.scopes from keys k), ${row}.agent_id, ${row}.skill, ${row}.quest_id, ${row}.actor_id)`;

/** Does this one pause cover the row? Both by the names of their steps. */
export const coveredBy = (pause: string, row: string): string =>
  `case ${pause}.scope_kind when 'actor' then ${row}.actor_id when 'agent' then ${row}.agent_id
                                  when 'skill' then ${row}.skill when 'quest' then ${row}.quest_id end = ${pause}.scope_value`;

/** Of several pauses the one that is named comes first: actor, agent, skill, quest; then the one that ends last; then the older one. */
export const NAMED_FIRST = "array_position(array['actor', 'agent', 'skill', 'quest'], p.scope_kind), p.ends_at desc nulls first, p.id";

/** Of the pauses that cover a row the one that is named. */
export const namedPause = (row: string): string => `
         select p.id, p.scope_kind, p.scope_value, p.reason, p.ends_at
           from paused p
          where ${coveredBy('p', row)}
          order by ${NAMED_FIRST}
          limit 1`;

/** A deferred task is eligible as soon as no pause covers it; any other when its time has come, at the start of the statement. A parked one never is. */
export const eligible = (task: string): string => `may_start(${task}.paused_at, ${task}.next_eligible_at, ${task}.deferred_by, statement_timestamp())`;
