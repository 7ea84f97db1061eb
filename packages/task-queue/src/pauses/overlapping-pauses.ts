import type { Queryable } from '@orchestra/database';
import { covers, isSameScope, toPauseView, type Pause, type Scope } from '@orchestra/pause-core';
import type { OtherPause } from '@orchestra/pause-core/contract';
import { pauseCovers } from '../sql/predicates.ts';
import { LABEL_COLUMN, scopeOfParameters, scopeParameters, underScope } from '../sql/labels-under-scope.ts';
import { labelOfRunning, runsUnder } from '../history/runs-labelled.ts';

// Kinds of labels that waiting tasks of the scope carry; more than these are not looked through.
const LABELS_MAX = 5_000;

const OF_RUN = Object.values(LABEL_COLUMN)
  .map((label) => `${labelOfRunning('t', label)} as ${label}`)
  .join(', ');

// So many of the tasks that two pauses hold are counted.
const SHARED_COUNTED_MAX = 1_000;

/**
 * Those of the active pauses that cover some of the tasks that this scope covers and that wait or run, its own among
 * them; each with how many of the waiting tasks it covers.
 */
export async function overlappingPauses(db: Queryable, scope: Scope, active: readonly Pause[]): Promise<OtherPause[]> {
  const inSql = scopeOfParameters(scope.kind);
  const { rows } = await db.query<{
    agent_id: string | null;
    skill: string | null;
    quest_id: string | null;
    actor_id: string | null;
  }>(
    `select distinct s.agent_id, s.skill, s.quest_id, s.actor_id
       from (select l.agent_id, l.skill, l.quest_id, l.actor_id from task_lanes l where ${underScope('l', inSql)}
              union all
             ${runsUnder(inSql, OF_RUN)}) s
      limit ${LABELS_MAX}`,
    scopeParameters(scope),
  );
  const carried = {
    agent: new Set(rows.map((row) => row.agent_id)),
    skill: new Set(rows.map((row) => row.skill)),
    quest: new Set(rows.map((row) => row.quest_id)),
    actor: new Set(rows.map((row) => row.actor_id)),
  };
  const isOnSome = ({ kind, value, also }: Scope): boolean =>
    kind === 'fleet'
      ? rows.length > 0
      : carried[kind].has(value) &&
        (also === undefined ||
          rows.some((row) =>
            covers(
              { kind, value, also },
              { agentId: row.agent_id, skill: row.skill, questId: row.quest_id, actorId: row.actor_id },
            ),
          ));
  const others = active.filter((pause) => isSameScope(pause.scope, scope) || isOnSome(pause.scope)).map(toPauseView);
  const held = await heldByBoth(
    db,
    scope,
    others.map(({ id }) => id),
  );
  return others.map((other) => {
    const count = held.get(other.id) ?? 0;
    return { ...other, also_holds: Math.min(count, SHARED_COUNTED_MAX), also_holds_more: count > SHARED_COUNTED_MAX };
  });
}

/** How many waiting tasks of the scope each of these pauses covers as well, counted to one beyond the limit. */
async function heldByBoth(db: Queryable, scope: Scope, pauses: readonly string[]): Promise<Map<string, number>> {
  if (pauses.length === 0) return new Map();
  const { rows } = await db.query<{ id: string; held: number }>(
    `select p.id::text as id,
            (select count(*)::int
               from (select from task_lanes l
                      cross join lateral (
                            select from tasks t
                             where t.lane_id = l.id
                               and t.status = 'queued'
                               and t.place >= l.head
                             limit ${SHARED_COUNTED_MAX + 1}) q
                      where ${underScope('l', scopeOfParameters(scope.kind))} and ${pauseCovers('p', 'l')}
                      limit ${SHARED_COUNTED_MAX + 1}) w) as held
       from active_pauses p
      where p.id = any ($3::bigint[])`,
    [...scopeParameters(scope), pauses],
  );
  return new Map(rows.map(({ id, held }) => [id, held]));
}
