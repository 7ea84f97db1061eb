import type { Queryable } from '@orchestra/database';
import type { Scope, ScopeKind } from '@orchestra/pause-core';
import type { RunInFlight } from '@orchestra/pause-core/contract';

/** The column that carries a scope's label. */
export const LABEL_COLUMN: Record<ScopeKind, string> = { agent: 'agent_id', skill: 'skill', quest: 'quest_id', actor: 'actor_id' };

/** A receipt lists so many runs; the count beside it is complete. */
export const IN_FLIGHT_LISTED_MAX = 200;

/**
 * So far the tasks that wait are counted: counting a million takes a second. The answer to a pause is waited for while the
 * fleet is at its busiest; a list or a preview may take the few milliseconds more.
 */
export const WAITING_COUNTED_MAX = { receipt: 1_000, list: 10_000 } as const;

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

/** Counts what waits under a scope, in SQL: through its lanes, each from its head on, and no farther than one beyond `max`. */
export const waitingUnder = (column: string, value: string, max: number): string => `
       select count(*)::int
         from (select from task_lanes l
                 cross join lateral (select from tasks t where t.lane_id = l.id and t.status = 'queued' and t.place >= l.head limit ${max + 1}) q
                where l.${column} = ${value} limit ${max + 1}) w`;

/** What was counted by {@link waitingUnder}, and whether that is all. */
export const asCounted = (waiting: number, max: number): { queued: number; queuedMore: boolean } =>
  ({ queued: Math.min(waiting, max), queuedMore: waiting > max });

// One statement, so that all of it is true of one instant, and one way to the server and back.
const coveredBy = (column: string, max: number): string => `
select (${waitingUnder(column, '$1', max)}) as waiting, r.*
  from (select) as always
  left join (
       select t.id as task_id, t.run_id, t.worker_id as worker, t.host, t.started_at, t.heartbeat_at, t.agent_id, t.skill, t.quest_id, t.actor_id, t.prefetched,
              count(*) over (partition by t.prefetched)::int as runs, row_number() over (partition by t.prefetched order by t.started_at) as nth
         from tasks t
        where t.${column} = $1 and t.status = 'running') r on r.nth <= ${IN_FLIGHT_LISTED_MAX}
 order by r.nth`;

interface RunRow extends Omit<RunInFlight, 'started_at' | 'heartbeat_at'> { started_at: Date; heartbeat_at: Date; prefetched: boolean; runs: number }
/** Where nothing runs, the one row holds nothing but the count of what waits. */
type Row = { waiting: number } & (RunRow | { task_id: null });

/** What a scope covers at this moment: the runs in flight and those claimed ahead, oldest first, and how many tasks wait, counted up to `max`. */
export async function coveredWork(db: Queryable, scope: Scope, max: number = WAITING_COUNTED_MAX.list): Promise<CoveredWork> {
  const { rows } = await db.query<Row>(coveredBy(LABEL_COLUMN[scope.kind], max), [scope.value]);
  const running = rows.filter((row) => row.task_id !== null);
  const ahead = running.filter((row) => row.prefetched);
  const begun = running.filter((row) => !row.prefetched);
  return {
    inFlight: begun.map(toRun), inFlightCount: begun[0]?.runs ?? 0,
    claimedAhead: ahead.map(toRun), claimedAheadCount: ahead[0]?.runs ?? 0,
    ...asCounted(rows[0]?.waiting ?? 0, max),
  };
}

function toRun({ task_id, run_id, worker, host, started_at, heartbeat_at, agent_id, skill, quest_id, actor_id }: RunRow): RunInFlight {
  return { task_id, run_id, worker, host, started_at: started_at.toISOString(), heartbeat_at: heartbeat_at.toISOString(), agent_id, skill, quest_id, actor_id };
}
