import type { Database } from '@orchestra/database';
import { readAlertmanagerAlert, type AlertmanagerLabels } from '../alertmanager.ts';
import type { AlertmanagerAnswer, AlertmanagerWebhook } from '../contract/alertmanager.ts';
import { runRinging } from './run-ringing.ts';

/** What was done with a notification. `unnamed` are those of the ignored that fire and name no actor. */
export interface AlertmanagerRecorded extends AlertmanagerAnswer { unnamed: number }

/**
 * Writes the firing alerts of a notification down, each once: Alertmanager repeats a group for as long as one of its alerts fires, and
 * several instances of it may send the same. Their bell wakes the cascade. The time of an alert is the database's: what counts is when it came here.
 */
export async function recordAlertmanager(db: Database, webhook: AlertmanagerWebhook, { labels, by }: { labels: AlertmanagerLabels; by: string }): Promise<AlertmanagerRecorded> {
  const firing = webhook.alerts.filter((alert) => alert.status === 'firing');
  const alerts = firing.map((alert) => readAlertmanagerAlert(alert, labels, { receiver: webhook.receiver, from: webhook.version === '1' ? 'grafana' : 'alertmanager' })).filter((alert) => alert !== null);
  const unnamed = firing.length - alerts.length;
  const accepted = alerts.length === 0 ? 0 : await runRinging(db, undefined, async (tx) => {
    await tx.query("select set_config('orchestra.who', $1, true)", [by]);
    const { rowCount } = await tx.query(
      `insert into senate_alerts (kind, ref_id, severity, details, source_key)
       select a.item ->> 'kind', a.item ->> 'actor', a.item ->> 'severity', a.item -> 'details', a.item ->> 'key'
         from jsonb_array_elements($1::jsonb) with ordinality as a(item, n)
        -- in one order, so that two notifications with the same alerts do not wait for each other
        order by a.item ->> 'key', a.n
       on conflict (source_key) where source_key is not null do nothing`, [JSON.stringify(alerts)]);
    return rowCount ?? 0;
  });
  return { accepted, duplicates: alerts.length - accepted, ignored: webhook.alerts.length - alerts.length, unnamed };
}
