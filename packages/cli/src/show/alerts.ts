import type { AlertView } from '@orchestra/pause-core/contract';
import { sayAgo, sayInstant } from './instant.ts';
import { table } from './table.ts';
import { printableJson } from './visible-text.ts';

/** Alerts as a table; one line where there is none. */
export function showAlerts(alerts: readonly AlertView[]): string {
  if (alerts.length === 0) return 'no alerts';
  return table(alerts, [
    { head: 'ID', cell: (alert) => alert.id, whole: true },
    { head: 'SEVERITY', cell: (alert) => alert.severity },
    { head: 'ACTOR', cell: (alert) => alert.ref_id },
    { head: 'KIND', cell: (alert) => alert.kind },
    { head: 'CAME', cell: (alert) => (alert.created_at === null ? 'at an unknown time' : sayAgo(alert.created_at)) },
    {
      head: 'ACKNOWLEDGED',
      cell: (alert) => (alert.ack_at === null ? null : `${alert.ack_by ?? 'someone'} (${sayInstant(alert.ack_at)})`),
    },
    { head: 'OVER', cell: (alert) => (alert.resolved_at === null ? null : sayInstant(alert.resolved_at)) },
    { head: 'DETAILS', cell: (alert) => (alert.details === null ? null : printableJson(alert.details)) },
  ]);
}
