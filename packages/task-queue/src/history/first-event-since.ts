import type { Queryable } from '@orchestra/database';

// An event is dated by the beginning of its transaction and draws its id a little later. No transaction here lasts as
// long as this.
const SLACK = "interval '1 minute'";

/**
 * Events have no index by time: their ids rise with it, so the place is found by halving, in some forty looks at two
 * primary keys. Where old events were deleted, the next one that is left answers for them.
 */
const FIND = `
with recursive search as (
  select 0 as step, 1::bigint as low, (select greatest((select max(e.id) from task_event_rows e),
                                                       (select max(b.id) from event_batches b), 0) + 1) as high
   union all
  select s.step + 1,
         case when e.at < w.wanted then e.id + 1 else s.low end,
         case when e.at < w.wanted then s.high else m.middle end
    from search s
   cross join (select coalesce($1::timestamptz, now() - interval '1 hour') - ${SLACK} as wanted) w
   cross join lateral (select (s.low + s.high) / 2 as middle) m
    left join lateral (
         select e.id, e.at
           from ((select r.id, r.at
                    from task_event_rows r
                   where r.id >= m.middle
                     and r.id < s.high
                   order by r.id
                   limit 1)
                  union all
                 (select b.id, b.at
                    from event_batches b
                   where b.id >= m.middle
                     and b.id < s.high
                   order by b.id
                   limit 1)) e
          order by e.id
          limit 1) e on true
   where s.low < s.high
)
select s.low as id from search s order by s.step desc limit 1`;

/**
 * An id before which no event of this instant or later lies. Up to a minute's events behind it may be older.
 *
 * @param at RFC 3339; absent: an hour ago
 */
export async function firstEventSince(db: Queryable, at: string | undefined): Promise<string> {
  const {
    rows: [row],
  } = await db.query<{ id: string }>(FIND, [at ?? null]);
  if (row === undefined) throw new Error('a search that begins with a row answered none');
  return row.id;
}
