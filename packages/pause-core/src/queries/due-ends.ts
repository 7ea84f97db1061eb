import type { Queryable } from '@orchestra/database';

/**
 * When the warnings of a coming end are due, as columns of a lateral step beside `senate_pause p`: a tenth of the time
 * before it, and a minute; the earlier one first. A pause shorter than two minutes has the first alone, and so has one
 * of ten minutes, of which both are the same.
 */
export const WARNING_TIMES = `
  select f.over_at, f.over_at - f.far as first_at, case when f.near < f.far then f.over_at - f.near end as second_at
    from (select t.over_at, case when t.seconds >= 120 then greatest(t.tenth, interval '1 minute') else t.tenth
                 end as far,
                 case when t.seconds >= 120 then least(t.tenth, interval '1 minute') end as near
            from (select p.paused_at + make_interval(secs => p.ttl_seconds) as over_at,
                         coalesce(p.period_seconds, p.ttl_seconds) as seconds,
                         make_interval(secs => coalesce(p.period_seconds, p.ttl_seconds) / 10.0) as tenth) t) f`;

/** How many warnings there should have been by now. */
export const WARNINGS_DUE = '((w.first_at <= now())::int + coalesce((w.second_at <= now())::int, 0))';

/** What the clock has brought about, and when it will bring about the next. */
export interface DueEnds {
  /** Pauses that have reached their end. */
  toClose: boolean;
  toStay: boolean;
  /** Their time is over and they let one task through at a time: something to look after. */
  probing: boolean;
  toWarn: boolean;
  /** Until the next end or warning, by the database's clock; null: none is to come. */
  nextInMs: number | null;
}

/** One look at all active pauses. Writes nothing, so it rings no bell. */
export async function dueEnds(db: Queryable): Promise<DueEnds> {
  const {
    rows: [row],
  } = await db.query<{
    to_close: boolean | null;
    to_stay: boolean | null;
    probing: boolean | null;
    to_warn: boolean | null;
    next_in_ms: number | null;
  }>(
    `select bool_or(w.over_at <= now() and p.ends_as = 'resume') as to_close,
            bool_or(w.over_at <= now() and p.ends_as = 'stay' and p.stayed_at is null) as to_stay,
            bool_or(w.over_at <= now() and p.ends_as = 'probe' and p.stayed_at is null) as probing,
            bool_or(w.over_at > now() and ${WARNINGS_DUE} > p.warnings) as to_warn,
            extract(epoch from min(n.at) - now())::float8 * 1000 as next_in_ms
       from senate_pause p
      cross join lateral (${WARNING_TIMES}) w
       left join lateral (select min(i.at) as at
                            from unnest(array[w.first_at, w.second_at, w.over_at]) i(at)
                           where i.at > now()) n on true
      where p.cleared_at is null and p.ttl_seconds is not null`,
  );
  return {
    toClose: row?.to_close ?? false,
    toStay: row?.to_stay ?? false,
    probing: row?.probing ?? false,
    toWarn: row?.to_warn ?? false,
    nextInMs: row?.next_in_ms ?? null,
  };
}
