import { alertView, id, instant, label, nearLabel, page, labelKind } from '@orchestra/pause-core/contract';
import { z } from 'zod';

/** The last so many minutes are told apart. */
export const MINUTES = 60;

/** How far back `GET /api/queue/rates` looks, and how long each of its spans is. */
export const RATE_RANGES = {
  '1h': { seconds: 3_600, spanSeconds: 60 },
  '6h': { seconds: 21_600, spanSeconds: 300 },
  '24h': { seconds: 86_400, spanSeconds: 900 },
  '7d': { seconds: 604_800, spanSeconds: 7_200 },
} as const;
export type RateRange = keyof typeof RATE_RANGES;

/** `GET /api/queue/rates` */
export const ratesQuery = z.strictObject({
  range: z.enum(['1h', '6h', '24h', '7d']).default('1h').describe('beyond an hour the answer has `spans` as well'),
});
export const queueRates = z
  .strictObject({
    age_ms: z.number().describe('how long ago this was read'),
    since: instant.describe(
      'nothing before this is in it: an hour ago, or later where so much has happened that not all of it was read',
    ),
    minutes: z
      .array(z.strictObject({ at: instant, claimed: z.int(), completed: z.int(), failed: z.int(), deferred: z.int() }))
      .describe('the last sixty, oldest first; the last one is not over'),
    per_second: z
      .strictObject({ claimed: z.number(), completed: z.number(), failed: z.number(), deferred: z.number() })
      .describe('over the last sixty seconds'),
    // A service of an earlier version does not tell this.
    spans: z
      .strictObject({
        seconds: z.int().describe('how long each of them is'),
        list: z
          .array(
            z.strictObject({
              at: instant.describe('its beginning'),
              minutes_known: z
                .int()
                .describe(
                  'of so many of its minutes it is known what happened; 0 where nobody counted them, and in the ' +
                    'span that is not over fewer than it has',
                ),
              claimed: z.int(),
              completed: z.int(),
              failed: z.int(),
              deferred: z.int(),
            }),
          )
          .describe('oldest first; the last one is not over'),
      })
      .nullable()
      .default(null)
      .describe('of a range beyond an hour; null: the hour alone was asked for'),
  })
  .meta({ id: 'QueueRates' });

/** `GET /api/queue/labels` */
export const labelsQuery = z.strictObject({
  by: labelKind,
  contains: label.optional().describe('only labels that hold this text'),
  value: label.optional().describe('only the label that is exactly this'),
  limit: page.shape.limit,
});
export const labelNumbers = z
  .strictObject({
    value: z.string(),
    queued: z.int(),
    queued_more: z.boolean().describe('true: more wait than were counted'),
    running: z.int(),
    deferred: z.int().describe('of those that wait, the ones that an active pause holds; as far as they were counted'),
    failed_last_hour: z.int().describe('runs that ended with an error or were taken away'),
    alerts_last_hour: z.int().describe('about this actor, or about a task that carries this label'),
    paused: id.nullable().describe('an active pause on exactly this label'),
    per_minute: z
      .strictObject({ finished: z.array(z.int()), failed: z.array(z.int()) })
      .describe('the last sixty minutes, oldest first'),
  })
  .meta({ id: 'LabelNumbers' });
export const labels = z
  .strictObject({
    age_ms: z.number().describe('how long ago this was read'),
    since: instant.describe('runs that ended before this are not counted'),
    labels: z.array(labelNumbers).describe('those with the most to do first'),
    more: z.boolean().describe('true: there are more than were asked for'),
  })
  .meta({ id: 'Labels' });

/** `GET /api/queue/label` */
export const labelQuery = z.strictObject({ kind: labelKind, value: label });
export const labelPage = z
  .strictObject({
    age_ms: z.number().describe('how long ago this was read'),
    since: instant.describe('runs that ended before this are not counted'),
    label_known: z.boolean().describe('false: no task, run, worker or pause has ever carried it'),
    near_labels: z.array(nearLabel).describe('where it is not known: the known ones that come near it'),
    numbers: labelNumbers,
    alerts: z
      .array(alertView)
      .describe('the newest twenty of the last day about this actor, or about a task that carries this label'),
  })
  .meta({ id: 'LabelPage' });

export type RatesQuery = z.input<typeof ratesQuery>;
export type LabelQuery = z.input<typeof labelQuery>;
export type LabelPage = z.infer<typeof labelPage>;
export type QueueRates = z.infer<typeof queueRates>;
export type LabelNumbers = z.infer<typeof labelNumbers>;
export type Labels = z.infer<typeof labels>;
