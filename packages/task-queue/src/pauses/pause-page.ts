import type { Database } from '@orchestra/database';
import {
  attachedWorkUnder,
  findPause,
  isSettled,
  listActivePauses,
  listAttachedQueues,
  readPauseGates,
  scopeOf,
  toPauseView,
  type Labels,
  type ScopeKind,
} from '@orchestra/pause-core';
import type { PausePage, RunInFlight } from '@orchestra/pause-core/contract';
import { asOfNow, viewActivePause } from './active-pause-views.ts';
import { LABEL_COLUMN, underScope, type ScopeInSql, scopeParameters } from '../sql/labels-under-scope.ts';
import { coveredWork, IN_FLIGHT_LISTED_MAX, WAITING_COUNTED_MAX } from './covered-work.ts';
import { firstEventSince } from '../history/first-event-since.ts';
import { overlappingPauses } from './overlapping-pauses.ts';
import { lastRelease } from '../releases/releases.ts';
import { labelAtClaim, sawEvent, snapshotOf } from '../history/what-a-claim-saw.ts';

const TIMELINE_MAX = 200;
const ENDS = "'completed', 'failed', 'released', 'reaped', 'asked', 'held', 'retried', 'stopped'";
// Events after the pause that are looked through for the ends of its runs: with the fleet at its busiest, some minutes
// of them.
const ENDS_LOOKED_THROUGH_MAX = 100_000;
// A pause is dated by the beginning of its transaction, and a claim by that of its own; they may have met.
const SLACK = "interval '1 minute'";

/**
 * What the pause said when it began. Its row may have been given another scope or beginning since.
 *
 * Parameter: $1 the pause.
 */
const BEGINNING = `
select v.data ->> 'scope_kind' as scope_kind, v.data ->> 'scope_value' as scope_value,
       nullif(v.data -> 'also', 'null') as also, (v.data ->> 'paused_at')::timestamptz as paused_at
  from senate_events v where v.type like 'pause.%' and v.data ->> 'id' = $1::text order by v.id limit 1`;

/**
 * Runs that were claimed before the pause and had not ended by then: those that still run, and those among whose ends
 * are the first events after it. By the labels with which they were claimed: a task goes on under another skill. Which
 * came first is told by what the claim saw; where that cannot be told, by the clock.
 *
 * Parameters: $1 and $5 the labels of the scope, $2 when it was paused, $3 an event before which none of that time
 * lies, $4 the pause.
 */
const admittedBefore = (scope: ScopeInSql): string => `
with created as materialized (
  select v.xid, v.cluster, v.at
    from senate_events v
   where v.type like 'pause.%'
     and v.data ->> 'id' = $4::text
   order by v.id
   limit 1
), ended as materialized (
  select distinct on (e.run_id) e.task_id, e.run_id, e.at, e.kind
    from (select v.id, v.task_id, v.run_id, v.at, v.kind
            from (select b, sum(cardinality(b.task_ids)) over (order by b.id) - cardinality(b.task_ids) as before
                    from event_batches b
                   where b.id >= $3::bigint and b.kind in (${ENDS}) order by b.id limit ${ENDS_LOOKED_THROUGH_MAX}) n
           cross join lateral events_of_batch(n.b) v
           where n.before < ${ENDS_LOOKED_THROUGH_MAX}
           union all
          (select r.id, r.task_id, r.run_id, r.at, r.kind from task_event_rows r
            where r.id >= $3::bigint and r.kind in (${ENDS}) order by r.id limit ${ENDS_LOOKED_THROUGH_MAX})) e
   where e.at > $2
   order by e.run_id, e.id
), runs as (
  select t.id as task_id, t.run_id, null::timestamptz as ended_at, null as ended_as, t.heartbeat_at
    from tasks t where t.status = 'running' and t.started_at <= $2 + ${SLACK}
   union all
  select e.task_id, e.run_id, e.at, e.kind, null from ended e
)
select r.*, l.agent_id, l.skill, l.quest_id, l.actor_id, c.at, c.by as worker, c.data ->> 'host' as host,
       count(*) over ()::int as runs
  from runs r
  join tasks t on t.id = r.task_id
 cross join lateral (
       select c.at, c.by, c.data, c.data ->> 'cluster' as cluster, ${snapshotOf('c')} as snapshot
         from events_of_task(r.task_id) c where c.run_id = r.run_id and c.kind = 'claimed' order by c.id limit 1) c
 cross join lateral (select ${Object.values(LABEL_COLUMN)
   .map((label) => `${labelAtClaim('c', 't', label)} as ${label}`)
   .join(', ')}) l
 where ${underScope('l', scope)} and coalesce(not (select ${sawEvent('v', 'c')} from created v), c.at <= $2)
 order by c.at, r.task_id
 limit ${IN_FLIGHT_LISTED_MAX}`;

interface Beginning {
  scope_kind: ScopeKind;
  scope_value: string;
  also: Labels | null;
  paused_at: Date;
}
interface AdmittedRow extends Omit<RunInFlight, 'started_at' | 'heartbeat_at'> {
  at: Date;
  heartbeat_at: Date | null;
  ended_at: Date | null;
  ended_as: string | null;
  runs: number;
}
interface TimelineRow {
  at: Date;
  by: string;
  what: string;
  why: string | null;
  data: unknown;
}

/**
 * The receipt of a pause as of now: what ran when it took effect and how that ended, what it holds, what happened to
 * it.
 */
export async function readPausePage(db: Database, id: string): Promise<PausePage | undefined> {
  const pauses = await listActivePauses(db);
  const active = pauses.find((one) => one.id === id);
  const pause = active ?? (await findPause(db, id));
  if (pause === undefined) return undefined;
  const work = active === undefined ? undefined : await coveredWork(db, pause.scope, WAITING_COUNTED_MAX.list);
  const {
    rows: [told],
  } = await db.query<Beginning>(BEGINNING, [id]);
  const beginning = told ?? {
    scope_kind: pause.scope.kind,
    scope_value: pause.scope.value,
    also: pause.scope.also ?? null,
    paused_at: pause.pausedAt,
  };
  const [value, also] = scopeParameters(scopeOf(beginning));
  const { rows: admitted } = await db.query<AdmittedRow>(
    admittedBefore({ kind: beginning.scope_kind, value: '$1', also: '$5::jsonb' }),
    [value, beginning.paused_at, await firstEventSince(db, beginning.paused_at.toISOString()), id, also],
  );
  const { rows: timeline } = await db.query<TimelineRow>(
    `select a.at, a.by, a.action as what, a.why, a.data from senate_audit a
      where a.subject_kind = 'pause' and a.subject_id = $1 order by a.id limit ${TIMELINE_MAX}`,
    [id],
  );
  return {
    pause: work === undefined ? toPauseView(pause) : viewActivePause(pause, work, await asOfNow(db)),
    effective_at: beginning.paused_at.toISOString(),
    settled: active === undefined ? null : active.quietAt !== null || (await isSettled(db, id)),
    in_flight: work?.in_flight ?? [],
    in_flight_count: work?.in_flight_count ?? 0,
    admitted_before: admitted.map(
      ({
        task_id,
        run_id,
        worker,
        host,
        at,
        heartbeat_at,
        agent_id,
        skill,
        quest_id,
        actor_id,
        ended_at,
        ended_as,
      }) => ({
        run: {
          task_id,
          run_id,
          worker,
          host,
          started_at: at.toISOString(),
          heartbeat_at: (heartbeat_at ?? ended_at ?? at).toISOString(),
          agent_id,
          skill,
          quest_id,
          actor_id,
        },
        ended_at: ended_at?.toISOString() ?? null,
        ended_as,
      }),
    ),
    admitted_before_count: admitted[0]?.runs ?? 0,
    held: { count: work?.queued ?? 0, more: work?.queued_more ?? false },
    other_pauses:
      active === undefined ? [] : (await overlappingPauses(db, pause.scope, pauses)).filter((other) => other.id !== id),
    attached: active === undefined ? [] : await attachedWorkUnder(db, pause.scope, await listAttachedQueues(db)),
    gates: await readPauseGates(db, id, { active: active !== undefined }),
    release: await lastRelease(db, id),
    timeline: timeline.map((entry) => ({ ...entry, at: entry.at.toISOString() })),
  };
}
