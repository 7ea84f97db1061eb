import type { Queryable } from '@orchestra/database';
import type { Scope, ScopeKind } from '@orchestra/pause-core';
import type { RunInFlight } from '@orchestra/pause-core/contract';

/** The column that carries a scope's label. */
export const LABEL_COLUMN: Record<ScopeKind, string> = { agent: 'agent_id', skill: 'skill', quest: 'quest_id', actor: 'actor_id' };

/** A receipt lists so many runs; the count beside it is complete. */
export const IN_FLIGHT_LISTED_MAX = 200;

export interface CoveredWork {
  inFlight: RunInFlight[];
  inFlightCount: number;
  queued: number;
}

interface RunRow extends Omit<RunInFlight, 'started_at' | 'heartbeat_at'> { started_at: Date; heartbeat_at: Date }

/** What a scope covers at this moment: the runs in flight, oldest first, and how many tasks wait. */
export async function coveredWork(db: Queryable, scope: Scope): Promise<CoveredWork> {
  const column = LABEL_COLUMN[scope.kind];
  const counts = await db.query<{ running: number; queued: number }>(
    `select count(*) filter (where t.status = 'running')::int as running, count(*) filter (where t.status = 'queued')::int as queued
       from tasks t where t.${column} = $1 and t.status in ('queued', 'running')`, [scope.value]);
  const runs = await db.query<RunRow>(
    `select t.id as task_id, t.run_id, t.worker_id as worker, t.host, t.started_at, t.heartbeat_at, t.agent_id, t.skill, t.quest_id, t.actor_id
       from tasks t
      where t.${column} = $1 and t.status = 'running'
      order by t.started_at limit ${IN_FLIGHT_LISTED_MAX}`, [scope.value]);
  return {
    inFlight: runs.rows.map((row) => ({ ...row, started_at: row.started_at.toISOString(), heartbeat_at: row.heartbeat_at.toISOString() })),
    inFlightCount: counts.rows[0]?.running ?? 0,
    queued: counts.rows[0]?.queued ?? 0,
  };
}
