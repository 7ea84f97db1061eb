import { z } from 'zod';
import { instant } from './text.ts';

const texts = z.record(z.string(), z.string());
// Grafana sends null where a rule has none.
const textsOrNone = texts.nullish().transform((given) => given ?? {});

/**
 * One alert of a notification. Fields that are not named here are passed over: the format grows without changing its
 * version.
 */
export const alertmanagerAlert = z
  .object({
    status: z.enum(['firing', 'resolved']),
    labels: textsOrNone,
    annotations: textsOrNone,
    startsAt: instant.refine(
      (text) => /^(19[7-9][0-9]|[2-9][0-9]{3})-/.test(text),
      'must be between the years 1970 and 9999',
    ),
    generatorURL: z.string().optional(),
    fingerprint: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('absent from old versions: reckoned from the labels then'),
  })
  .meta({ id: 'AlertmanagerAlert' });

/**
 * `POST /api/senate/alerts/alertmanager`: what Alertmanager's `webhook_configs` send, version 4 of their format, and
 *   what a webhook contact point of Grafana sends, which is of one shape and says version 1.
 */
export const alertmanagerWebhook = z
  .object({
    version: z.enum(['4', '1'], 'must be "4", as Alertmanager\'s webhook says, or "1", as Grafana\'s does'),
    receiver: z.string().max(1_000).optional(),
    alerts: z.array(alertmanagerAlert).max(1_000, 'must be at most 1000 alerts; set max_alerts in the webhook_config'),
    orgId: z.int().optional().describe('of Grafana'),
    truncatedAlerts: z.int().min(0).optional().describe('how many Alertmanager left out, by its `max_alerts`'),
  })
  .meta({ id: 'AlertmanagerWebhook' });

export const alertmanagerAnswer = z
  .strictObject({
    accepted: z.int().describe('written down as alerts'),
    duplicates: z.int().describe('known already: a notification is repeated for as long as its alerts fire'),
    resolved: z.int().describe('written down here before, and over now by what Alertmanager says'),
    ignored: z
      .int()
      .describe('without a label that names the actor; or resolved, and not known here or resolved before'),
  })
  .meta({ id: 'AlertmanagerAnswer' });

export type AlertmanagerAlert = z.output<typeof alertmanagerAlert>;
export type AlertmanagerWebhook = z.output<typeof alertmanagerWebhook>;
export type AlertmanagerAnswer = z.infer<typeof alertmanagerAnswer>;
