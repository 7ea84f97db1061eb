import type { Severity } from '../contract/alerts.ts';

/** A row of `senate_alerts`. `refId` is the actor; rows of an older system may lack it, their kind or their time. */
export interface Alert {
  id: string;
  kind: string | null;
  refId: string | null;
  severity: Severity;
  details: unknown;
  createdAt: Date | null;
  ackAt: Date | null;
  ackBy: string | null;
  /** The auto-pause that it helped to bring about. */
  fedPause: string | null;
}

export const ALERT_COLUMNS = 'a.id, a.kind, a.ref_id, a.severity, a.details, a.created_at, a.ack_at, a.ack_by, a.fed_pause';

export interface AlertRow {
  id: string;
  kind: string | null;
  ref_id: string | null;
  severity: Severity;
  details: unknown;
  created_at: Date | null;
  ack_at: Date | null;
  ack_by: string | null;
  fed_pause: string | null;
}

export function toAlert(row: AlertRow): Alert {
  return {
    id: row.id, kind: row.kind, refId: row.ref_id, severity: row.severity, details: row.details,
    createdAt: row.created_at, ackAt: row.ack_at, ackBy: row.ack_by, fedPause: row.fed_pause,
  };
}
