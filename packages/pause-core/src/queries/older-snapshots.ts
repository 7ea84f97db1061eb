import type { Queryable } from '@orchestra/database';

/** How many transactions may still read without this pause; null: the connected role may not see those of others. */
export async function olderSnapshots(db: Queryable, pauseId: string): Promise<number | null> {
  // A snapshot without the pause has an xmin no newer than the pause's transaction; one with it may have as well, while
  // an older transaction runs: that one is waited for too.
  const {
    rows: [row],
  } = await db.query<{ older: number; sees: boolean }>(
    `select count(*) filter (where age(a.backend_xmin) >= age(p.xmin))::int as older,
            (select r.rolsuper or pg_has_role(r.oid, 'pg_read_all_stats', 'usage')
               from pg_roles r
              where r.rolname = current_user) as sees
       from senate_pause p
       left join pg_stat_activity a on a.datname = current_database() and a.pid <> pg_backend_pid()
         and a.backend_xmin is not null
      where p.id = $1 group by p.xmin`,
    [pauseId],
  );
  return row?.sees === true ? row.older : null;
}
