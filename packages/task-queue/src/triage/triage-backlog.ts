import type { Database, Queryable } from '@orchestra/database';
import { listActivePauses, refusePause } from '@orchestra/pause-core';
import {
  ACT_TASKS_MAX,
  TRIAGE_COUNTED_MAX,
  TRIAGE_GROUPS_MAX,
  type TriageAnswer,
  type TriageBy,
  type TriageView,
} from '../contract/index.ts';
import { pauseCovers } from '../sql/predicates.ts';
import { firstEventSince } from '../history/first-event-since.ts';
import { actOnTasks } from '../acts/act-on-tasks.ts';
import { CANCEL } from '../acts/cancel-tasks.ts';
import { PARK } from '../acts/park-tasks.ts';

// Failures since the pause began that are looked at, the newest.
const FAILURES_MAX = 50_000;
const FIRST_IDS = 5;

const AGES = `case when w.created_at > $2 - interval '1 hour' then '1h'
                   when w.created_at > $2 - interval '6 hours' then '6h'
                   when w.created_at > $2 - interval '1 day' then '1d'
                   when w.created_at > $2 - interval '7 days' then '7d'
                   else 'older' end`;
const FAILURES = "case when coalesce(f.failures, 0) = 0 then '0' when f.failures < 5 then '1-4' else '5+' end";

const KEY: Record<TriageBy, string> = { age: AGES, failures: FAILURES, quest: "coalesce(w.quest_id, '')" };

/** What a group is called, by its key. */
const SAYS: Record<TriageBy, (key: string) => string> = {
  age: (key) =>
    ({
      '1h': 'added within the last hour',
      '6h': 'added 1 to 6 hours ago',
      '1d': 'added 6 hours to a day ago',
      '7d': 'added 1 to 7 days ago',
    })[key] ?? 'added more than 7 days ago',
  failures: (key) =>
    ({ '0': 'nothing of their quests has failed since', '1-4': '1 to 4 failures of their quests since' })[key] ??
    '5 failures of their quests or more since',
  quest: (key) => (key === '' ? 'without a quest' : `quest ${key}`),
};

// What has failed since the pause began: read where groups are told by it, and only there.
const FAILED = `, failed as materialized (
  select coalesce('q ' || t.quest_id, 't ' || t.id) as about, count(*)::int as failures
    from (select v.task_id
            from event_batches b cross join lateral events_of_batch(b) v
           where b.id >= $3::bigint and b.kind in ('failed', 'reaped', 'held')
             and b.at >= (select p.paused_at from pause p)
           union all
          select e.task_id
            from task_event_rows e
           where e.id >= $3::bigint
             and e.kind in ('failed', 'reaped', 'held')
             and e.at >= (select p.paused_at from pause p)
           limit ${FAILURES_MAX}) e
    join tasks t on t.id = e.task_id
   group by 1
)`;
const JOIN_FAILED = "left join failed f on f.about = coalesce('q ' || w.quest_id, 't ' || w.id)";

/**
 * The tasks that wait under a pause, the oldest, each with the key of its group. Added up to an instant, so that a
 * decision about groups means the tasks that were shown. Parameters: see {@link parametersOf}.
 */
const grouped = (by: TriageBy): string => `
with pause as (
  select p.* from active_pauses p where p.id = $1
), waiting as materialized (
  select t.id, t.created_at, t.quest_id
    from pause p
    join task_lanes l on ${pauseCovers('p', 'l')}
    join tasks t on t.lane_id = l.id and t.status = 'queued' and t.place >= l.head
   where t.paused_at is null and t.created_at <= $2::timestamptz
   order by t.id
   limit ${TRIAGE_COUNTED_MAX + 1}
)${by === 'failures' ? FAILED : ''}, keyed as (
  select w.*, ${KEY[by]} as key
    from waiting w
    ${by === 'failures' ? JOIN_FAILED : ''}
)`;

type Asked = readonly [pauseId: string, at: string, firstFailure?: string];

/**
 * What {@link grouped} takes: $1 the pause, $2 the instant; by failures also $3, an event before which no failure since
 * the pause lies.
 *
 * @throws PauseError `pause_not_found`, `pause_not_active`
 */
async function parametersOf(db: Database, pauseId: string, by: TriageBy, at: string): Promise<Asked> {
  const pause = (await listActivePauses(db)).find(({ id }) => id === pauseId);
  if (pause === undefined) return refusePause(db, pauseId, 'what it held goes on by itself');
  return by === 'failures' ? [pauseId, at, await firstEventSince(db, pause.pausedAt.toISOString())] : [pauseId, at];
}

interface GroupRow {
  key: string;
  tasks: number;
  oldest_at: Date;
  newest_at: Date;
  first_ids: string[];
  counted: number;
  groups: number;
}

/**
 * What waits under an active pause, in groups: for an operator who is about to end it and does not want all of it to
 * start.
 *
 * @throws PauseError `pause_not_found`, `pause_not_active`
 */
export async function readTriage(db: Database, pauseId: string, by: TriageBy): Promise<TriageView> {
  const {
    rows: [now],
  } = await db.query<{ at: Date }>("select date_trunc('milliseconds', clock_timestamp()) as at");
  if (now === undefined) throw new Error('a statement without a from answered no row');
  return groupsOf(db, by, await parametersOf(db, pauseId, by, now.at.toISOString()));
}

async function groupsOf(db: Queryable, by: TriageBy, parameters: Asked): Promise<TriageView> {
  const [pauseId, at] = parameters;
  const { rows } = await db.query<GroupRow>(
    `${grouped(by)}
select k.key, count(*)::int as tasks, min(k.created_at) as oldest_at, max(k.created_at) as newest_at,
       (array_agg(k.id::text order by k.id))[1:${FIRST_IDS}] as first_ids,
       (sum(count(*)) over ())::int as counted, (count(*) over ())::int as groups
  from keyed k
 group by k.key
 order by ${by === 'quest' ? 'count(*) desc, k.key' : 'min(k.created_at) desc'}
 limit ${TRIAGE_GROUPS_MAX}`,
    [...parameters],
  );
  const counted = rows[0]?.counted ?? 0;
  return {
    pause_id: pauseId,
    by,
    at,
    counted: Math.min(counted, TRIAGE_COUNTED_MAX),
    more: counted > TRIAGE_COUNTED_MAX,
    groups: rows.map(({ key, tasks, oldest_at: oldest, newest_at: newest, first_ids: ids }) => ({
      key,
      says: SAYS[by](key),
      tasks,
      oldest_at: oldest.toISOString(),
      newest_at: newest.toISOString(),
      first_ids: ids,
    })),
    groups_more: (rows[0]?.groups ?? 0) > rows.length,
  };
}

export interface TriageOrder {
  pauseId: string;
  by: TriageBy;
  /** RFC 3339: of the answer that told the groups apart. */
  at: string;
  /** Keys of groups. */
  cancel: readonly string[];
  park: readonly string[];
  who: string;
  reason?: string | undefined;
}

/**
 * Cancels and parks the tasks of some groups that wait under an active pause, of each act at most
 * {@link ACT_TASKS_MAX}; called again it goes on. To repeat it does no harm: what is cancelled or parked waits no more.
 * The pause holds all of it until somebody ends it.
 *
 * @throws PauseError `pause_not_found`, `pause_not_active`
 */
export async function triageBacklog(
  db: Database,
  order: TriageOrder,
  { isDryRun = false }: { isDryRun?: boolean } = {},
): Promise<TriageAnswer> {
  const parameters = await parametersOf(db, order.pauseId, order.by, order.at);
  const { groups, counted } = await groupsOf(db, order.by, parameters);
  const count = (keys: readonly string[]): number =>
    groups.reduce((all, { key, tasks }) => all + (keys.includes(key) ? tasks : 0), 0);
  if (isDryRun) {
    const [cancelled, parked] = [count(order.cancel), count(order.park)];
    return { dry_run: true, cancelled, parked, left: counted - cancelled - parked, passed_over: [], again: false };
  }
  const told = { by: order.who, reason: order.reason ?? `triage of pause ${order.pauseId}` };
  const does = async (
    act: typeof CANCEL,
    keys: readonly string[],
  ): Promise<{ changed: number; passed: TriageAnswer['passed_over']; isFull: boolean }> => {
    const ids = keys.length === 0 ? [] : await idsOf(db, order.by, parameters, keys);
    if (ids.length === 0) return { changed: 0, passed: [], isFull: false };
    const answer = await actOnTasks(db, act, { ids }, told);
    return { changed: answer.changed, passed: answer.passed_over, isFull: ids.length === ACT_TASKS_MAX };
  };
  const cancelled = await does(CANCEL, order.cancel);
  const parked = await does(PARK, order.park);
  return {
    dry_run: false,
    cancelled: cancelled.changed,
    parked: parked.changed,
    left: Math.max(0, counted - count(order.cancel) - count(order.park)),
    passed_over: [...cancelled.passed, ...parked.passed],
    // Where nothing could be changed, to call again would change nothing either.
    again: (cancelled.isFull && cancelled.changed > 0) || (parked.isFull && parked.changed > 0),
  };
}

async function idsOf(db: Queryable, by: TriageBy, parameters: Asked, keys: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `${grouped(by)} select k.id::text as id from keyed k where k.key = any ($${parameters.length + 1}::text[]) ` +
      `order by k.id limit ${ACT_TASKS_MAX}`,
    [...parameters, keys],
  );
  return rows.map(({ id }) => id);
}
