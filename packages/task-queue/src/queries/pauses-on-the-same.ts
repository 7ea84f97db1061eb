import type { Queryable } from '@orchestra/database';
import { covers, isSameScope, toPauseView, type Pause, type Scope } from '@orchestra/pause-core';
import type { PauseView } from '@orchestra/pause-core/contract';
import { LABEL_COLUMN, scopeOfParameters, scopeParameters, underScope } from '../under-scope.ts';
import { labelOfRunning, runsUnder } from './runs-labelled.ts';

// Kinds of labels that waiting tasks of the scope carry; more than these are not looked through.
const LABELS_MAX = 5_000;

const OF_RUN = Object.values(LABEL_COLUMN).map((label) => `${labelOfRunning('t', label)} as ${label}`).join(', ');

/** Those of the active pauses that cover some of the tasks that this scope covers and that wait or run, its own among them. */
export async function pausesOnTheSame(db: Queryable, scope: Scope, active: readonly Pause[]): Promise<PauseView[]> {
  const inSql = scopeOfParameters(scope.kind);
  const { rows } = await db.query<{ agent_id: string | null; skill: string | null; quest_id: string | null; actor_id: string | null }>(
    `select distinct s.agent_id, s.skill, s.quest_id, s.actor_id
       from (select l.agent_id, l.skill, l.quest_id, l.actor_id from task_lanes l where ${underScope('l', inSql)}
              union all
             ${runsUnder(inSql, OF_RUN)}) s
      limit ${LABELS_MAX}`, scopeParameters(scope));
  const carried = { agent: new Set(rows.map((row) => row.agent_id)), skill: new Set(rows.map((row) => row.skill)), quest: new Set(rows.map((row) => row.quest_id)), actor: new Set(rows.map((row) => row.actor_id)) };
  const isOnSome = ({ kind, value, also }: Scope): boolean =>
    kind === 'fleet' ? rows.length > 0
      : carried[kind].has(value) && (also === undefined || rows.some((row) => covers({ kind, value, also }, { agentId: row.agent_id, skill: row.skill, questId: row.quest_id, actorId: row.actor_id })));
  return active
    .filter((pause) => isSameScope(pause.scope, scope) || isOnSome(pause.scope))
    .map(toPauseView);
}
