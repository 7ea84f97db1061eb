import type { Queryable } from '@orchestra/database';
import type { Scope, ScopeKind } from '@orchestra/pause-core';
import type { RunInFlight } from '@orchestra/pause-core/contract';

/** The column that carries a scope's label. */
export const LABEL_COLUMN: Record<ScopeKind, string> = { agent: 'agent_id', skill: 'skill', quest: 'quest_id', actor: 'actor_id' };

/** A receipt lists so many runs; the count beside it is complete. */
export const IN_FLIGHT_LISTED_MAX = 200;

// Counting a million would keep the answer to a pause waiting for a second; so many take a few milliseconds.
const QUEUED_COUNTED_MAX = 10_000;

export interface CoveredWork {
  inFlight: RunInFlight[];
  inFlightCount: number;
  /** Claimed by workers that prefetch, and not begun as far as these have said. */
  claimedAhead: RunInFlight[];
  claimedAheadCount: number;
  /** Tasks that wait, as far as they are counted. */
  queued: number;
  /** More wait than were counted. */
  queuedMore: boolean;
}

type RunRow = Omit<RunInFlight, 'started_at' | 'heartbeat_at'> & { started_at: Date; heartbeat_at: Date };

/** What a scope covers at this moment: the runs in flight and those claimed ahead, oldest first, and how many tasks wait. */
export async function coveredWork(db: Queryable, scope: Scope): Promise<CoveredWork> {
  const column = LABEL_COLUMN[scope.kind];
  const counts = await db.query<{ begun: number; ahead: number; queued: number }>(
    `select (select count(*)::int from tasks t where t.${column} = $1 and t.status = 'running' and not t.prefetched) as begun,
            (select count(*)::int from tasks t where t.${column} = $1 and t.status = 'running' and t.prefetched) as ahead,
            (select count(*)::int from (
               select from task_lanes l cross join lateral (select from tasks t where t.lane_id = l.id and t.status = 'queued' limit $2) q
                where l.${column} = $1 limit $2) w) as queued`,
    [scope.value, QUEUED_COUNTED_MAX + 1]);
  const runs = async (prefetched: boolean): Promise<RunInFlight[]> => {
    const { rows } = await db.query<RunRow>(
      `select t.id as task_id, t.run_id, t.worker_id as worker, t.host, t.started_at, t.heartbeat_at, t.agent_id, t.skill, t.quest_id, t.actor_id
         from tasks t
        where t.${column} = $1 and t.status = 'running' and t.prefetched = $2
        order by t.started_at limit ${IN_FLIGHT_LISTED_MAX}`, [scope.value, prefetched]);
    return rows.map((row) => ({ ...row, started_at: row.started_at.toISOString(), heartbeat_at: row.heartbeat_at.toISOString() }));
  };
  const { begun = 0, ahead = 0, queued = 0 } = counts.rows[0] ?? {};
  return { inFlight: await runs(false), inFlightCount: begun, claimedAhead: ahead === 0 ? [] : await runs(true), claimedAheadCount: ahead, queued: Math.min(queued, QUEUED_COUNTED_MAX), queuedMore: queued > QUEUED_COUNTED_MAX };
}
