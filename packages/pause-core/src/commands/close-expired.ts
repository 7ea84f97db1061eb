import type { Database } from '@orchestra/database';

/** Who closes pauses that have reached their end. */
export const TTL_CLEARER = 'senate.ttl';

// One statement's worth; the sweeper comes again.
const BATCH_MAX = 500;

/**
 * Closes pauses that have reached their end, and end with it (`resume`), by the database's clock: `cleared_at` is that
 * end. The claim does not wait for this (it judges the end itself); the row, the history and the subscribers do. Safe
 * from several processes at once.
 *
 * @returns how many were closed
 */
export async function closeExpiredPauses(db: Database): Promise<number> {
  // An update rings the bell, also one that finds nothing: everybody would look for news after every round of the
  // sweeper.
  const {
    rows: [found],
  } = await db.query<{ any: boolean }>(
    `select exists (select
                      from senate_pause p
                     where p.cleared_at is null
                       and p.ends_as = 'resume'
                       and p.paused_at + make_interval(secs => p.ttl_seconds) <= now()) as any`,
  );
  if (!found?.any) return 0;
  const { rowCount } = await db.query(
    `with expired as (
       select p.id from senate_pause p
        where p.cleared_at is null and p.ends_as = 'resume'
          and p.paused_at + make_interval(secs => p.ttl_seconds) <= now()
        order by p.id limit $2
          for update skip locked)
     update senate_pause p set cleared_at = p.paused_at + make_interval(secs => p.ttl_seconds), cleared_by = $1
       from expired e where p.id = e.id`,
    [TTL_CLEARER, BATCH_MAX],
  );
  return rowCount ?? 0;
}
