import type { Database } from '@orchestra/database';
import { PauseError } from '../errors.ts';
import { ALERT_COLUMNS, toAlert, type Alert, type AlertRow } from '../queries/alert-row.ts';
import { runOnce, type Idempotency } from './run-once.ts';

/**
 * Marks an alert as seen by a person: it counts toward no auto-pause from then on. The first acknowledgement stands; a
 * second one changes nothing and answers it.
 *
 * @throws PauseError `alert_not_found`
 */
export async function ackAlert(db: Database, { id, by }: { id: string; by: string }, idempotency?: Idempotency): Promise<Alert> {
  await runOnce(db, idempotency, async (tx) => {
    await tx.query('update senate_alerts set ack_at = now(), ack_by = $2 where id = $1 and ack_at is null', [id, by]);
    return null;
  });
  const { rows } = await db.query<AlertRow>(`select ${ALERT_COLUMNS} from senate_alerts a where a.id = $1`, [id]);
  const row = rows[0];
  if (row === undefined) throw new PauseError('alert_not_found', `there is no alert ${id}; GET /api/senate/alerts lists them`);
  return toAlert(row);
}
