import type { Database } from '@orchestra/database';
import { ALERTMANAGER_LABELS, recordAlertmanager, type AlertmanagerLabels } from '@orchestra/pause-core';
import { alertmanagerAnswer, alertmanagerWebhook } from '@orchestra/pause-core/contract';
import { route, type Route } from '@orchestra/service-shell';

export function alertmanagerRoute({
  db,
  alertmanager = ALERTMANAGER_LABELS,
}: {
  db: Database;
  alertmanager?: AlertmanagerLabels | undefined;
}): Route {
  return route({
    method: 'post',
    path: '/api/senate/alerts/alertmanager',
    permission: 'post_alerts',
    summary: 'take a notification of Alertmanager, or of Grafana',
    description:
      "The format of Alertmanager's `webhook_configs`, version 4, and of Grafana's webhook contact point, " +
      'version 1. Firing alerts with a label that names the actor become alerts, each once however often ' +
      'it is repeated; others are counted as ignored. ' +
      'Which label names the actor, and what its severities mean here, is set by `ORCHESTRA_ALERTMANAGER_…`.',
    body: alertmanagerWebhook,
    answer: alertmanagerAnswer,
    handle: async ({ body, caller, log }) => {
      const { unnamed, ...answer } = await recordAlertmanager(db, body, { labels: alertmanager, by: caller.name });
      if (unnamed > 0)
        log.warn(
          { unnamed, label: alertmanager.actorLabel },
          'alerts from Alertmanager name no actor and were left out',
        );
      if ((body.truncatedAlerts ?? 0) > 0)
        log.warn({ truncated: body.truncatedAlerts }, 'Alertmanager left out alerts of a notification (max_alerts)');
      return answer;
    },
  });
}
