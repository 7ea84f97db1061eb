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

/** Forgets labels that nothing has shown for a year, some at a time. @returns how many */
export async function forgetOldLabels(db: Queryable): Promise<number> {
  const { rowCount } = await db.query(
    `delete from known_labels k
      where (k.kind, k.value) in (select o.kind, o.value from known_labels o where o.seen_on < current_date - 365 limit 10000)`);
  return rowCount ?? 0;
}
