import type { Database } from '@orchestra/database';
import { ackAlert, IDEMPOTENCY_CODES, listAlerts, recordAlert, toAlertView } from '@orchestra/pause-core';
import { alertRequest, alerts, alertsQuery, alertView, id } from '@orchestra/pause-core/contract';
import { readCursor, route, toPage, type Route } from '@orchestra/service-shell';
import { z } from 'zod';

export function alertRoutes({ db }: { db: Database }): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/senate/alerts',
      permission: 'post_alerts',
      refuses: IDEMPOTENCY_CODES,
      summary: 'report an alert about an actor',
      description: 'Three critical ones about one actor within five minutes pause it.',
      body: alertRequest,
      answer: alertView,
      handle: async ({ body, caller, idempotency }) =>
        toAlertView(await recordAlert(db, { ...body, by: caller.name }, idempotency)),
    }),
    route({
      method: 'get',
      path: '/api/senate/alerts',
      permission: 'read',
      summary: 'list alerts, newest first',
      query: alertsQuery,
      answer: alerts,
      handle: async ({ query: { ref_id: refId, severity, unacknowledged, limit, cursor } }) => {
        const rows = await listAlerts(db, {
          refId,
          severity,
          unacknowledged,
          beforeId: readCursor(cursor),
          limit: limit + 1,
        });
        const { items, nextCursor } = toPage(rows, limit);
        return { alerts: items.map(toAlertView), next_cursor: nextCursor };
      },
    }),
    route({
      method: 'post',
      path: '/api/senate/alerts/:id/ack',
      permission: 'pause',
      refuses: ['alert_not_found', ...IDEMPOTENCY_CODES],
      summary: 'acknowledge an alert, so that it counts toward no pause',
      params: z.strictObject({ id }),
      answer: alertView,
      handle: async ({ params, caller, idempotency }) =>
        toAlertView(await ackAlert(db, { id: params.id, by: caller.name }, idempotency)),
    }),
  ];
}
