import type { Queryable } from '@orchestra/database';
import { ALERT_COLUMNS, toAlert, type Alert, type AlertRow } from './alert-row.ts';

export interface AlertFilter {
  refId?: string | undefined;
  severity?: string | undefined;
  unacknowledged?: boolean | undefined;
  /** Only alerts older than the one with this id. */
  beforeId?: string | undefined;
  limit: number;
}

/** Alerts, newest first. */
export async function listAlerts(db: Queryable, filter: AlertFilter): Promise<Alert[]> {
  const { rows } = await db.query<AlertRow>(
    `select ${ALERT_COLUMNS}
       from senate_alerts a
      where ($1::text is null or a.ref_id = $1)
        and ($2::text is null or a.severity = $2)
        and (not $3::boolean or a.ack_at is null)
        and ($4::bigint is null or a.id < $4)
      order by a.id desc
      limit $5`,
    [
      filter.refId ?? null,
      filter.severity ?? null,
      filter.unacknowledged ?? false,
      filter.beforeId ?? null,
      filter.limit,
    ],
  );
  return rows.map(toAlert);
}
