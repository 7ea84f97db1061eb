import { id, instant, label, page, labelKind } from '@orchestra/pause-core/contract';
import { z } from 'zod';

/** The last so many minutes are told apart. */
export const MINUTES = 60;

/** `GET /api/queue/rates` */
export const queueRates = z.strictObject({
  age_ms: z.number().describe('how long ago this was read'),
  since: instant.describe('nothing before this is in it: an hour ago, or later where so much has happened that not all of it was read'),
  minutes: z.array(z.strictObject({ at: instant, claimed: z.int(), completed: z.int(), failed: z.int(), deferred: z.int() })).describe('the last sixty, oldest first; the last one is not over'),
  per_second: z.strictObject({ claimed: z.number(), completed: z.number(), failed: z.number(), deferred: z.number() }).describe('over the last sixty seconds'),
}).meta({ id: 'QueueRates' });

/** `GET /api/queue/labels` */
export const labelsQuery = z.strictObject({
  by: labelKind,
  contains: label.optional().describe('only labels that hold this text'),
  limit: page.shape.limit,
});
export const labelNumbers = z.strictObject({
  value: z.string(),
  queued: z.int(),
  queued_more: z.boolean().describe('true: more wait than were counted'),
  running: z.int(),
  deferred: z.int().describe('of those that wait, the ones that an active pause holds; as far as they were counted'),
  failed_last_hour: z.int().describe('runs that ended with an error or were taken away'),
  alerts_last_hour: z.int().describe('about this actor, or about a task that carries this label'),
  paused: id.nullable().describe('an active pause on exactly this label'),
  per_minute: z.strictObject({ finished: z.array(z.int()), failed: z.array(z.int()) }).describe('the last sixty minutes, oldest first'),
}).meta({ id: 'LabelNumbers' });
export const labels = z.strictObject({
  age_ms: z.number().describe('how long ago this was read'),
  since: instant.describe('runs that ended before this are not counted'),
  labels: z.array(labelNumbers).describe('those with the most to do first'),
  more: z.boolean().describe('true: there are more than were asked for'),
}).meta({ id: 'Labels' });

export type QueueRates = z.infer<typeof queueRates>;
export type LabelNumbers = z.infer<typeof labelNumbers>;
export type Labels = z.infer<typeof labels>;
