import type { Queryable } from '@orchestra/database';
import type { Scope } from '@orchestra/pause-core';
import type { PausePreview, RunInFlight } from '@orchestra/pause-core/contract';
import {
  LABEL_COLUMN,
  scopeOfParameters,
  scopeParameters,
  underScope,
  type ScopeInSql,
} from '../sql/labels-under-scope.ts';
import { labelOfRunning, runsUnder } from '../history/runs-labelled.ts';

/** A receipt lists so many runs; the count beside it is complete. */
export const IN_FLIGHT_LISTED_MAX = 200;

/**
 * So far the tasks that wait are counted: counting a million takes a second. The answer to a pause is waited for while
 * the fleet is at its busiest; a list or a preview may take the few milliseconds more.
 */
export const WAITING_COUNTED_MAX = { receipt: 1_000, list: 10_000 } as const;

/**
 * What runs under a scope, as receipts tell it: begun, and claimed by workers that prefetch and not begun as far as
 * these have said.
 */
export type CoveredRuns = Pick<PausePreview, 'in_flight' | 'in_flight_count' | 'claimed_ahead' | 'claimed_ahead_count'>;

/** The same, and how many tasks wait. */
export type CoveredWork = CoveredRuns & Pick<PausePreview, 'queued' | 'queued_more'>;

/**
 * Counts what waits under a scope, in SQL: through its lanes, each from its head on, and no farther than one beyond
 * `max`.
 */
export const waitingUnder = (scope: ScopeInSql, max: number): string => `
       select count(*)::int
         from (select from task_lanes l
                 cross join lateral (select
                                       from tasks t
                                      where t.lane_id = l.id
                                        and t.status = 'queued'
                                        and t.place >= l.head
                                      limit ${max + 1}) q
                where ${underScope('l', scope)} limit ${max + 1}) w`;

/** What was counted by {@link waitingUnder}, and whether that is all. */
export const asCounted = (waiting: number, max: number): Pick<PausePreview, 'queued' | 'queued_more'> => ({
  queued: Math.min(waiting, max),
  queued_more: waiting > max,
});

const RUN_COLUMNS = [
  't.id as task_id',
  't.run_id',
  "coalesce(t.worker_id, '(not named)') as worker",
  't.host',
  't.started_at',
  't.heartbeat_at',
  't.prefetched',
  ...Object.values(LABEL_COLUMN).map((label) => `${labelOfRunning('t', label)} as ${label}`),
].join(', ');

/** The oldest of each sort, beside how many there are of it. By the labels with which they were claimed. */
const oldestRuns = (scope: ScopeInSql): string => `
       select r.*
         from (select u.*, count(*) over (partition by u.prefetched)::int as runs,
                      row_number() over (partition by u.prefetched order by u.started_at) as nth
                 from (${runsUnder(scope, RUN_COLUMNS)}) u) r
        where r.nth <= ${IN_FLIGHT_LISTED_MAX}`;

// One statement, so that all of it is true of one instant, and one way to the server and back.
const coveredBy = (scope: ScopeInSql, max: number): string => `
select (${waitingUnder(scope, max)}) as waiting, r.*
  from (select) as always
  left join (${oldestRuns(scope)}) r on true
 order by r.nth`;

interface RunRow extends Omit<RunInFlight, 'started_at' | 'heartbeat_at'> {
  started_at: Date;
  heartbeat_at: Date;
  prefetched: boolean;
  runs: number;
}
/** Where nothing runs, the one row holds nothing but the count of what waits. */
type Row = { waiting: number } & (RunRow | { task_id: null });

/**
 * What a scope covers at this moment: the runs in flight and those claimed ahead, oldest first, and how many tasks
 * wait, counted up to `max`.
 */
export async function coveredWork(db: Queryable, scope: Scope, max: number): Promise<CoveredWork> {
  // Prepared once for each connection: planning it takes longer than running it, and whoever pauses waits for it.
  const { rows } = await db.query<Row>({
    name: `orchestra-covered-by-${scope.kind}-${max}`,
    text: coveredBy(scopeOfParameters(scope.kind), max),
    values: scopeParameters(scope),
  });
  return { ...toRuns(rows.filter((row) => row.task_id !== null)), ...asCounted(rows[0]?.waiting ?? 0, max) };
}

/** The runs alone, for who counts by other means what waits. */
export async function coveredRuns(db: Queryable, scope: Scope): Promise<CoveredRuns> {
  const { rows } = await db.query<RunRow>(
    `${oldestRuns(scopeOfParameters(scope.kind))} order by r.nth`,
    scopeParameters(scope),
  );
  return toRuns(rows);
}

function toRuns(rows: readonly RunRow[]): CoveredRuns {
  const ahead = rows.filter((row) => row.prefetched);
  const begun = rows.filter((row) => !row.prefetched);
  return {
    in_flight: begun.map(toRun),
    in_flight_count: begun[0]?.runs ?? 0,
    claimed_ahead: ahead.map(toRun),
    claimed_ahead_count: ahead[0]?.runs ?? 0,
  };
}

function toRun({
  task_id,
  run_id,
  worker,
  host,
  started_at,
  heartbeat_at,
  agent_id,
  skill,
  quest_id,
  actor_id,
}: RunRow): RunInFlight {
  return {
    task_id,
    run_id,
    worker,
    host,
    started_at: started_at.toISOString(),
    heartbeat_at: heartbeat_at.toISOString(),
    agent_id,
    skill,
    quest_id,
    actor_id,
  };
}
