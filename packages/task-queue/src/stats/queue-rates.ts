import type { Queryable } from '@orchestra/database';
import { MINUTES, RATE_RANGES, type QueueRates, type RateRange } from '../contract/numbers.ts';

// How many of the newest events are read, from batches and from rows each: a busy fleet writes hundreds a second.
const EVENTS_MAX = 50_000;

// The last of the sixty is not over.
const FIRST_MINUTE = `date_trunc('minute', now()) - interval '${MINUTES - 1} minutes'`;

/** An hour of `task_events`, as far back as it is looked at; for statements that tell minutes apart. */
export const RECENT_EVENTS = `
recent_batches as materialized (
  select b as batch, b.at, cardinality(b.task_ids) as events
    from newest_batches(${EVENTS_MAX}, '{claimed,completed,failed,deferred,held}', 0) b
), recent_rows as materialized (
  select e.task_id, e.run_id, e.kind, e.at from task_event_rows e order by e.id desc limit ${EVENTS_MAX}
), recent as materialized (
  select e.task_id, e.run_id, e.kind, e.at from recent_rows e where e.at >= ${FIRST_MINUTE}
   union all
  select v.task_id, v.run_id, v.kind, v.at
    from recent_batches b
   cross join lateral events_of_batch(b.batch) v
   where b.at >= ${FIRST_MINUTE}
), seen as (
  select greatest(${FIRST_MINUTE},
           (select min(b.at) from recent_batches b having sum(b.events) >= ${EVENTS_MAX}),
           (select min(e.at) from recent_rows e having count(*) >= ${EVENTS_MAX})) as since
)`;

/** Which of the last sixty minutes an event lies in: 0 the oldest, 59 the one that is not over. */
export const MINUTE_OF_EVENT =
  `${MINUTES - 1} - floor(extract(epoch from date_trunc('minute', now()) + interval ` + `'1 minute' - r.at) / 60)::int`;

const KINDS = ['claimed', 'completed', 'failed', 'deferred'] as const;
type Counts = Record<(typeof KINDS)[number], number>;
const count = (kind: string, where = 'true'): string =>
  'count(*) filter (where ' +
  `${kind === 'failed' ? "r.kind in ('failed', 'reaped', 'held')" : `r.kind = '${kind}'`} and ` +
  `${where})::int as ${kind}`;

const RATES = `
with ${RECENT_EVENTS}
select s.since, date_trunc('minute', now()) as this_minute, ${KINDS.map((kind) => `w.${kind}`).join(', ')},
       (select coalesce(jsonb_agg(m), '[]')
          from (select ${MINUTE_OF_EVENT} as minute, ${KINDS.map((kind) => count(kind)).join(', ')}
                  from recent r
                 group by 1) m) as minutes
  from seen s, (select ${KINDS.map((kind) => count(kind, "r.at > now() - interval '60 seconds'")).join(', ')}
                  from recent r) w`;

interface Row extends Counts {
  since: Date;
  this_minute: Date;
  minutes: (Counts & { minute: number })[];
}

// From the minutes that were counted (sum-up-minutes.ts): some ten thousand rows for a week, however much
// happened.
const SPANS = `
select extract(epoch from s.at)::bigint as at, count(q.at)::int as minutes_known,
       ${KINDS.map((kind) => `coalesce(sum(q.${kind}), 0)::int as ${kind}`).join(', ')}
  from generate_series(date_bin(make_interval(secs => $1), now(),
                                timestamptz 'epoch') - make_interval(secs => $2 - $1), now(),
                                make_interval(secs => $1)) as s(at)
  left join queue_minutes q on q.at >= s.at and q.at < s.at + make_interval(secs => $1)
 group by s.at
 order by s.at`;

async function readSpans(db: Queryable, range: RateRange): Promise<QueueRates['spans']> {
  const { seconds, spanSeconds } = RATE_RANGES[range];
  const { rows } = await db.query<Counts & { at: string; minutes_known: number }>(SPANS, [spanSeconds, seconds]);
  return {
    seconds: spanSeconds,
    list: rows.map(({ at, ...counts }) => ({ at: new Date(Number(at) * 1_000).toISOString(), ...counts })),
  };
}

/** What happened in the queue, minute by minute; of a longer range also span by span. */
export async function readQueueRates(db: Queryable, range: RateRange = '1h'): Promise<Omit<QueueRates, 'age_ms'>> {
  const {
    rows: [row],
  } = await db.query<Row>(RATES);
  if (row === undefined) throw new Error('a statement that counts answered no row');
  const perSecond = (events: number): number => Math.round((events / 60) * 100) / 100;
  return {
    since: row.since.toISOString(),
    minutes: Array.from({ length: MINUTES }, (_, minute) => {
      const {
        claimed = 0,
        completed = 0,
        failed = 0,
        deferred = 0,
      } = row.minutes.find((one) => one.minute === minute) ?? {};
      return {
        at: new Date(row.this_minute.getTime() - (MINUTES - 1 - minute) * 60_000).toISOString(),
        claimed,
        completed,
        failed,
        deferred,
      };
    }),
    per_second: {
      claimed: perSecond(row.claimed),
      completed: perSecond(row.completed),
      failed: perSecond(row.failed),
      deferred: perSecond(row.deferred),
    },
    spans: range === '1h' ? null : await readSpans(db, range),
  };
}
