import type { Queryable } from '@orchestra/database';

/**
 * Notes of runs that were claimed ahead that they have begun. Their receipts list them with the runs in flight from
 * then on. One that is not its worker's any more is passed over: its next heartbeat or its ending will say so.
 *
 * @returns how many were not known to have begun
 */
export async function markStarted(db: Queryable, runs: readonly { id: string; run_id: string }[]): Promise<number> {
  const {
    rows: [row],
  } = await db.query<{ noted: number }>('select note_begun($1, $2) as noted', [
    runs.map((run) => run.id),
    runs.map((run) => run.run_id),
  ]);
  return row?.noted ?? 0;
}
