import { SCOPE_KINDS } from '@orchestra/pause-core';
import { labelArguments } from './under-scope.ts';

/**
 * The steps with which a statement reads the active pauses: the rows, and their values in a form that is quick to look
 * up. The claim has its own, in
 * `orchestra_turn` (migrations/0043): they name `claim_marker` as well, so that the settle sees it at work (P2).
 */
export const PAUSE_KEYS = `paused as materialized (
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
export const covered = (row: string): string =>
  'pauses_cover((select k.scopes from keys k), (select k.pairs from keys k), ' +
  `${labelArguments((column) => `${row}.${column}`)})`;

/** Does this one pause cover the row? Both by the names of their steps. */
export const coveredBy = (pause: string, row: string): string =>
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
export const namedPause = (row: string): string => `
         select p.id, p.scope_kind, p.scope_value, p.also, p.reason, p.ends_at
           from paused p
          where ${coveredBy('p', row)}
          order by ${NAMED_FIRST}
          limit 1`;

/**
 * A deferred task is eligible as soon as no pause covers it; any other when its time has come, at the start of the
 * statement. A parked one never is.
 */
export const eligible = (task: string): string =>
  `may_start(${task}.paused_at, ${task}.next_eligible_at, ${task}.deferred_by, statement_timestamp())`;
