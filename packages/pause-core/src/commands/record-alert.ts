import type { Database } from '@orchestra/database';
import type { AlertRequest } from '../contract/alerts.ts';
import type { Alert } from '../queries/alert-row.ts';
import { findAlert } from '../queries/find-alert.ts';
import type { Idempotency } from './run-once.ts';
import { runRinging } from './run-ringing.ts';

/**
 * Writes an alert down. Its bell wakes the cascade, which judges whether the actor is paused. Time is the database's.
 */
export async function recordAlert(
  db: Database,
  request: AlertRequest & { by: string },
  idempotency?: Idempotency,
): Promise<Alert> {
  const done: { row?: Alert | undefined } = {};
  const id = await runRinging(db, idempotency, async (tx) => {
    await tx.query("select set_config('orchestra.who', $1, true)", [request.by]);
    const { rows } = await tx.query<{ id: string }>(
      'insert into senate_alerts (kind, ref_id, severity, details) values ($1, $2, $3, $4) returning id::text as id',
      [
        request.kind,
        request.ref_id,
        request.severity,
        request.details === undefined ? null : JSON.stringify(request.details),
      ],
    );
    const made = rows[0]?.id;
    // Inside the transaction: after the commit nothing has to be read.
    done.row = made === undefined ? undefined : await findAlert(tx, made);
    return made;
  });
  // A repeated call has recorded nothing
  const alert = done.row ?? (id === undefined ? undefined : await findAlert(db, id));
  if (alert === undefined) throw new Error(`alert ${id} was committed and cannot be read back`);
  return alert;
}
