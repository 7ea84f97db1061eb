import type { Queryable } from '@orchestra/database';
import { firstEventSince } from '../history/first-event-since.ts';

/** How many minutes one call counts at most, so that a call after a break stays short. */
const MINUTES_AT_ONCE = 10;
// Longer ago than this nothing is counted afterwards: the charts have a gap there.
const CATCHES_UP_WITHIN = "interval '1 hour'";
// An event is dated by the beginning of its transaction, and is seen when that has ended.
const OVER_SINCE = "interval '1 minute'";
const KEPT_FOR = "interval '8 days'";

const NEXT = `
select greatest((select max(q.at) from queue_minutes q) + interval '1 minute',
                date_trunc('minute', now() - ${CATCHES_UP_WITHIN})) as begins_at`;

const COUNT = `
with span as (
  select $1::timestamptz as begins_at, least($1::timestamptz + interval '${MINUTES_AT_ONCE} minutes',
                                             date_trunc('minute', now() - ${OVER_SINCE})) as ends_at
), events as (
  select date_trunc('minute', b.at) as at, b.kind, cardinality(b.task_ids) as events
    from event_batches b, span s
   where b.id >= $2
     and b.at >= s.begins_at
     and b.at < s.ends_at
   union all
  select date_trunc('minute', e.at), e.kind, 1
    from task_event_rows e, span s
   where e.id >= $2
     and e.at >= s.begins_at
     and e.at < s.ends_at
), counted as (
  insert into queue_minutes (at, claimed, completed, failed, deferred)
  select m.at, coalesce(sum(e.events) filter (where e.kind = 'claimed'), 0),
         coalesce(sum(e.events) filter (where e.kind = 'completed'), 0),
         coalesce(sum(e.events) filter (where e.kind in ('failed', 'reaped', 'held')), 0),
         coalesce(sum(e.events) filter (where e.kind = 'deferred'), 0)
    from span s
   cross join lateral generate_series(s.begins_at, s.ends_at - interval '1 minute', interval '1 minute') as m(at)
    left join events e on e.at = m.at
   group by m.at
      on conflict (at) do nothing
), forgotten as (
  delete from queue_minutes q where q.at < now() - ${KEPT_FOR}
)
select s.ends_at < date_trunc('minute', now() - ${OVER_SINCE}) as more from span s`;

/**
 * Counts what happened in the minutes that are over and that nobody has counted yet, and forgets those of more than
 * eight days ago. Safe from several processes at once. @returns whether there are more of them
 */
export async function sumUpMinutes(db: Queryable): Promise<boolean> {
  const {
    rows: [next],
  } = await db.query<{ begins_at: Date }>(NEXT);
  if (next === undefined) throw new Error('a statement without a from answered no row');
  const {
    rows: [row],
  } = await db.query<{ more: boolean }>(COUNT, [
    next.begins_at,
    await firstEventSince(db, next.begins_at.toISOString()),
  ]);
  return row?.more ?? false;
}
