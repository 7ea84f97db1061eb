import type { Queryable } from '@orchestra/database';

// One round's worth; the next one goes on.
const ROWS_MAX = 10_000;
// Fewer are summed up by each reader.
const ROWS_WORTH = 100;

/**
 * Sums up the rows of `task_totals` into one, so that a reader of the counts reads few rows. Who adds one meanwhile waits for nothing. @returns how
 * many were summed up
 */
export async function sumUpTotals(db: Queryable): Promise<number> {
  const { rows: [row] } = await db.query<{ rows: number }>(
    `with found as materialized (
       select t.ctid as lies_at from task_totals t limit ${ROWS_MAX} for update skip locked
     ), gone as (
       delete from task_totals t
        using found f
        where t.ctid = f.lies_at
          and (select count(*) from found) >= ${ROWS_WORTH}
       returning t.succeeded, t.failed, t.cancelled
     ), kept as (
       insert into task_totals (succeeded, failed, cancelled)
       select sum(g.succeeded), sum(g.failed), sum(g.cancelled) from gone g having count(*) > 0
     )
     select count(*)::int as rows from gone`);
  return row?.rows ?? 0;
}
