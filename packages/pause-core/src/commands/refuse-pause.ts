import type { Transaction } from '@orchestra/database';
import { PauseError } from '../errors.ts';
import { PAUSE_COLUMNS, type PauseRow } from '../queries/pause-row.ts';

/**
 * Says why there is no active pause with this id.
 *
 * @param hint what to do instead, for a pause that has ended
 * @throws PauseError `pause_not_found`, `pause_not_active`; always one of them
 */
export async function refusePause(tx: Transaction, id: string, hint?: string): Promise<never> {
  const { rows } = await tx.query<PauseRow>(`select ${PAUSE_COLUMNS} from senate_pause p where p.id = $1`, [id]);
  const row = rows[0];
  if (row === undefined) throw new PauseError('pause_not_found', `there is no pause ${id}; GET /api/senate/pauses lists the active ones`);
  const scope = `${row.scope_kind} ${row.scope_value}`;
  const ended = row.cleared_at === null
    ? `the pause on ${scope} has reached its end by itself`
    : `the pause on ${scope} was cleared by ${row.cleared_by ?? 'someone'} at ${row.cleared_at.toISOString()}`;
  throw new PauseError('pause_not_active', hint === undefined ? ended : `${ended}; ${hint}`);
}
