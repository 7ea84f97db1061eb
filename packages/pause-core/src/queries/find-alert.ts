import type { Queryable } from '@orchestra/database';
import { ALERT_COLUMNS, toAlert, type Alert, type AlertRow } from './alert-row.ts';

/** One alert; undefined where there is none. */
export async function findAlert(db: Queryable, id: string): Promise<Alert | undefined> {
  const {
    rows: [row],
  } = await db.query<AlertRow>(`select ${ALERT_COLUMNS} from senate_alerts a where a.id = $1`, [id]);
  return row === undefined ? undefined : toAlert(row);
}
