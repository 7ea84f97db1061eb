import type { Queryable } from '@orchestra/database';

/**
 * SQL that keeps labels known after what showed them has gone.
 *
 * @param labels a select of `kind` and `value`; null values are passed over
 */
export const noteLabels = (labels: string): string => `
         insert into known_labels as k (kind, value, folded)
         select distinct n.kind, n.value, label_folded(n.value)
           from (${labels}) n
          where n.value is not null
          -- in one order, so that two who note the same ones do not wait for each other
          order by n.kind, n.value
             on conflict (kind, value) do update set seen_on = excluded.seen_on where k.seen_on < excluded.seen_on`;

/**
 * Forgets labels that nothing has shown for a year, some at a time; but none while a task is there that was added
 * before that: it may carry one, and a list of the tasks under a label that is not known is empty. @returns how many
 */
export async function forgetOldLabels(db: Queryable): Promise<number> {
  const { rowCount } = await db.query(
    `with oldest as materialized (
       select t.created_at::date as added_on from tasks t order by t.id limit 1
     )
     delete from known_labels k
      where (k.kind, k.value) in (
        select o.kind, o.value
          from known_labels o
         where o.seen_on < current_date - 365
           and o.seen_on < coalesce((select e.added_on - 1 from oldest e), current_date)
         limit 10000)`,
  );
  return rowCount ?? 0;
}
