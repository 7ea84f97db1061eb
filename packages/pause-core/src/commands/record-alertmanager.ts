import type { Database } from '@orchestra/database';
import { readAlertmanagerAlert, type AlertmanagerLabels, type AlertToRecord } from '../alertmanager.ts';
import type { AlertmanagerAlert, AlertmanagerAnswer, AlertmanagerWebhook } from '../contract/alertmanager.ts';
import { runRinging } from './run-ringing.ts';

/** What was done with a notification. `unnamed` are those of the ignored that fire and name no actor. */
export interface AlertmanagerRecorded extends AlertmanagerAnswer {
  unnamed: number;
}

/**
 * Writes the firing alerts of a notification down, each once: Alertmanager repeats a group for as long as one of its
 * alerts fires, and several instances of it may send the same. Their bell wakes the cascade. The time of an alert is
 * the database's: what counts is when it came here.
 *
 * Marks those that are over, so that their incidents end. They stay to be acknowledged, and count toward an
 * auto-pause: an alert that comes and goes
 * three times in five minutes is three.
 */
export async function recordAlertmanager(
  db: Database,
  webhook: AlertmanagerWebhook,
  { labels, by }: { labels: AlertmanagerLabels; by: string },
): Promise<AlertmanagerRecorded> {
  const read = (status: AlertmanagerAlert['status']): (AlertToRecord | null)[] =>
    webhook.alerts
      .filter((alert) => alert.status === status)
      .map((alert) =>
        readAlertmanagerAlert(alert, labels, {
          receiver: webhook.receiver,
          from: webhook.version === '1' ? 'grafana' : 'alertmanager',
        }),
      );
  const firing = read('firing');
  const alerts = firing.filter((alert) => alert !== null);
  const over = read('resolved').flatMap((alert) => alert?.key ?? []);
  const unnamed = firing.length - alerts.length;
  const { accepted, resolved } =
    alerts.length + over.length === 0
      ? { accepted: 0, resolved: 0 }
      : await runRinging(db, undefined, async (tx) => {
          await tx.query("select set_config('orchestra.who', $1, true)", [by]);
          const { rowCount } = await tx.query(
            `insert into senate_alerts (kind, ref_id, severity, details, source_key)
       select a.item ->> 'kind', a.item ->> 'actor', a.item ->> 'severity', a.item -> 'details', a.item ->> 'key'
         from jsonb_array_elements($1::jsonb) with ordinality as a(item, n)
        -- in one order, so that two notifications with the same alerts do not wait for each other
        order by a.item ->> 'key', a.n
       on conflict (source_key) where source_key is not null do nothing`,
            [JSON.stringify(alerts)],
          );
          const ended = await tx.query(
            `with known as (
         -- in one order, as above
         select a.id from senate_alerts a
          where a.source_key = any ($1)
            and a.source_resolved_at is null
          order by a.id for no key update
       )
       update senate_alerts a set source_resolved_at = now() from known k where a.id = k.id`,
            [over],
          );
          return { accepted: rowCount ?? 0, resolved: ended.rowCount ?? 0 };
        });
  return {
    accepted,
    duplicates: alerts.length - accepted,
    resolved,
    ignored: webhook.alerts.length - alerts.length - resolved,
    unnamed,
  };
}
