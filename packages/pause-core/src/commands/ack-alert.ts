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
export async function ackAlert(
  db: Database,
  { id, by }: { id: string; by: string },
  idempotency?: Idempotency,
): Promise<Alert> {
  const done: { row?: Alert | undefined } = {};
  await runRinging(db, idempotency, async (tx) => {
    await tx.query('update senate_alerts set ack_at = now(), ack_by = $2 where id = $1 and ack_at is null', [id, by]);
    // Read and refused inside the transaction: after the commit nothing has to be read, a refusal is not kept under the
    // key, and the same call succeeds once the alert is there.
    done.row = await findAlert(tx, id);
    if (done.row === undefined) throw notFound(id);
    return null;
  });
  const alert = done.row ?? (await findAlert(db, id)); // a repeated call has acknowledged nothing
  if (alert === undefined) throw notFound(id);
  return alert;
}

function notFound(id: string): PauseError {
  return new PauseError('alert_not_found', `there is no alert ${id}; GET /api/senate/alerts lists them`);
}
