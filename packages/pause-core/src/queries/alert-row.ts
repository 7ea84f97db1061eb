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
  /** When its source said that it is over. */
  resolvedAt: Date | null;
  /** The auto-pause that it helped to bring about. */
  fedPause: string | null;
  /** What of the row no reader can hold, such as "created_at is infinity"; it is told as unknown. */
  unreadable: string[];
}

// The table may be another system's, and hold instants that RFC 3339 cannot say: those are told apart, and the rest of
// the row goes on.
const readable = (column: string, as = column): string =>
  `case when a.${column} >= '0001-01-01Z' and a.${column} < '10000-01-01Z' then a.${column} end as ${as}`;
const complaint = (column: string): string =>
  `case when a.${column} < '0001-01-01Z' or a.${column} >= '10000-01-01Z' then '${column} is ' || ` +
  `a.${column}::text end`;

export const ALERT_COLUMNS = `a.id::text as id, a.kind, a.ref_id, a.severity, a.details, ${readable('created_at')},
       ${readable('ack_at')}, a.ack_by, ${readable('source_resolved_at', 'resolved_at')}, a.fed_pause,
       array_remove(array[${complaint('created_at')},
                          ${complaint('ack_at')},
                          ${complaint('source_resolved_at')}], null) as unreadable`;

export interface AlertRow {
  id: string;
  kind: string | null;
  ref_id: string | null;
  severity: Severity;
  details: unknown;
  created_at: Date | null;
  ack_at: Date | null;
  ack_by: string | null;
  resolved_at: Date | null;
  fed_pause: string | null;
  unreadable: string[];
}

export function toAlert(row: AlertRow): Alert {
  return {
    id: row.id,
    kind: row.kind,
    refId: row.ref_id,
    severity: row.severity,
    details: row.details,
    createdAt: row.created_at,
    ackAt: row.ack_at,
    ackBy: row.ack_by,
    resolvedAt: row.resolved_at,
    fedPause: row.fed_pause,
    unreadable: row.unreadable,
  };
}
