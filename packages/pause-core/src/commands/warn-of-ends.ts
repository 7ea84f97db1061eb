import { inTransaction, type Database } from '@orchestra/database';
import { WARNING_TIMES, WARNINGS_DUE } from '../queries/due-ends.ts';
import { TTL_CLEARER } from './close-expired.ts';

// One statement's worth; the sweeper comes again.
const BATCH_MAX = 500;

/**
 * Gives the warnings of coming ends that are due by the database's clock, each once; the event `pause.warning` follows
 * by trigger. Of two that were missed, the later one is given alone. Safe from several processes at once.
 *
 * @returns how many pauses warned
 */
export function warnOfEnds(db: Database): Promise<number> {
  return inTransaction(db, async (tx) => {
    await tx.query("select set_config('orchestra.who', $1, true)", [TTL_CLEARER]);
    const { rowCount } = await tx.query(
      `with due as (
         select p.id, ${WARNINGS_DUE} as given
           from senate_pause p
          cross join lateral (${WARNING_TIMES}) w
          where p.cleared_at is null and p.ttl_seconds is not null and w.over_at > now()
            and ${WARNINGS_DUE} > p.warnings
          order by p.id limit ${BATCH_MAX}
            for update of p skip locked)
       update senate_pause p set warnings = d.given, warned_at = clock_timestamp()
         from due d where p.id = d.id`,
    );
    return rowCount ?? 0;
  });
}
