const pauseKeys = (condition: string): string => `paused as materialized (
  select p.id, p.scope_kind, p.scope_value, p.reason, p.ends_at, p.probing_at, p.probe_task_id
    from active_pauses p ${condition}
), keys as materialized (
  -- one jsonb object: about its content the planner guesses nothing; for an array it would sort the whole queue
  select coalesce(jsonb_object_agg(p.scope_kind || ' ' || p.scope_value, true), '{}') as scopes from paused p
)`;

/** The steps with which a statement reads the active pauses: the rows, and their values in a form that is quick to look up. */
export const PAUSE_KEYS = pauseKeys('');

/** The same for a claim: it names the empty table by which the settle sees it at work. */
export const CLAIMS_PAUSE_KEYS = pauseKeys('where not exists (select from claim_marker)');

/**
 * In SQL what `covers` says in TypeScript: does an active pause hold what carries these labels, a task or a lane?
 * `gate.db.test.ts` holds the two together.
 */
export const covered = (row: string): string =>
  `(select k.scopes from keys k) ?| array['agent ' || ${row}.agent_id, 'skill ' || ${row}.skill, 'quest ' || ${row}.quest_id, 'actor ' || ${row}.actor_id]`;

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

/**
 * A task that was put off for a pause is eligible as soon as no pause covers it; any other when its time has come. A parked one never is. By the clock
 * of the statement: a transaction that ended runs before may have waited for a lock, and what was added meanwhile is due all the same (P9).
 */
export const eligible = (task: string): string => `(${task}.paused_at is null and (${task}.next_eligible_at <= statement_timestamp() or ${task}.deferred_by is not null))`;
