import type { Database } from '@orchestra/database';
import { PauseError } from '../errors.ts';
import type { Alert } from '../queries/alert-row.ts';
import { findAlert } from '../queries/find-alert.ts';
import type { Idempotency } from './run-once.ts';
import { runRinging } from './run-ringing.ts';

/**
 * Marks an alert as seen by a person: it counts toward no auto-pause from then on. The first acknowledgement stands; a
 * second one changes nothing and answers it.
 *
 * @throws PauseError `alert_not_found`
 */
export async function ackAlert(db: Database, { id, by }: { id: string; by: string }, idempotency?: Idempotency): Promise<Alert> {
  await runRinging(db, idempotency, async (tx) => {
    const { rowCount } = await tx.query('update senate_alerts set ack_at = now(), ack_by = $2 where id = $1 and ack_at is null', [id, by]);
    // Thrown inside the transaction: a refusal is not kept under the key, and the same call succeeds once the alert is there.
    if (rowCount === 0 && await findAlert(tx, id) === undefined) throw notFound(id);
    return null;
  });
  const alert = await findAlert(db, id);
  if (alert === undefined) throw notFound(id);
  return alert;
}

function notFound(id: string): PauseError {
  return new PauseError('alert_not_found', `there is no alert ${id}; GET /api/senate/alerts lists them`);
}
