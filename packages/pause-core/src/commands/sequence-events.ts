import { advisoryKey, inTransaction, type Database } from '@orchestra/database';

// Any constant; every sequencer of this database takes it.
const SEQUENCE_LOCK = 0x0c_5e9;
const LOCK_WAIT_MS = 2_000;
/** Events that get their place in one go. */
export const PLACED_MAX = 500;

/**
 * Gives events their place in the stream. Ids are handed out when a row is written and become visible when it commits,
 * so a reader that resumes behind an id would miss a transaction that began earlier and committed later. Positions are
 * given to committed rows only, by one process at a time, so whoever has seen position n has seen all before it.
 *
 * @returns how many were placed; {@link PLACED_MAX} means that there may be more
 */
export async function sequenceEvents(db: Database): Promise<number> {
  const { rows } = await db.query<{ any: boolean }>(
    'select exists (select from senate_events e where e.position is null) as any',
  );
  if (!rows[0]?.any) return 0;
  return inTransaction(db, async (tx) => {
    await tx.query(`set local lock_timeout = ${LOCK_WAIT_MS}`);
    // In a statement of its own: the next one must see what the sequencer before this one has committed.
    await tx.query(`select pg_advisory_xact_lock(${advisoryKey('$1')})`, [SEQUENCE_LOCK]);
    const { rowCount } = await tx.query(
      `update senate_events e set position = placed.position
         from (select waiting.id, nextval('senate_event_position') as position
                 from (select w.id from senate_events w where w.position is null order by w.id limit $1) waiting) placed
        where e.id = placed.id`,
      [PLACED_MAX],
    );
    return rowCount ?? 0;
  });
}
