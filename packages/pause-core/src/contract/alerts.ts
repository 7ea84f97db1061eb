import { z } from 'zod';
import { jsonObject } from './jsonb.ts';
import { id, instant, label, page, queryFlag } from './text.ts';

export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;
export const severity = z.enum(SEVERITIES).meta({ id: 'Severity' });

/** `POST /api/senate/alerts` */
export const alertRequest = z
  .strictObject({
    kind: label,
    ref_id: label.describe('the actor that the alert is about'),
    severity: severity.default('medium'),
    details: jsonObject.optional(),
  })
  .meta({ id: 'AlertRequest' });

export const alertView = z
  .strictObject({
    id,
    kind: z.string().nullable(),
    ref_id: z.string().nullable(),
    severity: z.string(),
    details: z.unknown(),
    created_at: instant.nullable().describe('null: came before this system kept the time, or cannot be read'),
    ack_at: instant.nullable(),
    ack_by: z.string().nullable(),
    resolved_at: instant
      .nullable()
      .default(null)
      .describe('when its source said that it is over; it counts toward an auto-pause all the same'),
    // Events from before, and those that tell of an alert as it comes, do not say.
    fed: id.nullable().default(null).describe('the auto-pause that it helped to bring about'),
    unreadable: z
      .array(z.string())
      .optional()
      .describe('what of the row no reader can hold, such as "created_at is infinity"; it is told as null'),
  })
  .meta({ id: 'Alert' });

export const alertsQuery = z.strictObject({
  ...page.shape,
  ref_id: label.optional(),
  severity: severity.optional(),
  unacknowledged: queryFlag.optional(),
});

export const alerts = z
  .strictObject({ alerts: z.array(alertView), next_cursor: z.string().nullable() })
  .meta({ id: 'Alerts' });

export type Severity = z.infer<typeof severity>;
export type AlertRequest = z.infer<typeof alertRequest>;
export type AlertView = z.infer<typeof alertView>;
export type Alerts = z.infer<typeof alerts>;
