import { id, instant, passedOver, queryFlag, reason } from '@orchestra/pause-core/contract';
import { z } from 'zod';

/** By what the tasks that wait under a pause are told apart. */
export const TRIAGE_BY = ['age', 'failures', 'quest'] as const;
/** So many of the tasks that wait under a pause are looked at, the oldest. */
export const TRIAGE_COUNTED_MAX = 10_000;
/** So many groups are told of, those with the most tasks. */
export const TRIAGE_GROUPS_MAX = 100;

const by = z
  .enum(TRIAGE_BY)
  .describe(
    'age: how long ago they were added; failures: how many runs of their quest, or of themselves where ' +
      'they have none, have failed since the pause began; quest',
  );
const key = z.string().max(200);

/** `GET /api/senate/pauses/:id/triage` */
export const triageQuery = z.strictObject({ by: by.default('age') });
export const triageView = z
  .strictObject({
    pause_id: id,
    by,
    at: instant.describe('as of when they were told apart; send it back, so that an act means the same groups'),
    counted: z.int().describe('tasks that wait under it and are not parked, as far as they were counted'),
    more: z.boolean().describe('true: more wait; the oldest 10000 were told apart'),
    groups: z.array(
      z.strictObject({
        key: z.string().describe('names the group in an act'),
        says: z.string(),
        tasks: z.int(),
        oldest_at: instant,
        newest_at: instant,
        first_ids: z.array(id).describe('the first five of them'),
      }),
    ),
    groups_more: z.boolean().describe('true: there are more groups than are told of'),
  })
  .meta({ id: 'Triage' });

/** `POST /api/senate/triage` */
export const triageRequest = z
  .strictObject({
    id: id.describe('of the active pause'),
    by,
    at: instant.describe('of the answer that told them apart'),
    cancel: z.array(key).max(TRIAGE_GROUPS_MAX).default([]).describe('groups whose tasks are cancelled'),
    park: z.array(key).max(TRIAGE_GROUPS_MAX).default([]).describe('groups whose tasks are parked'),
    reason: reason.optional().describe('for the history, and of what is parked for everybody who meets it'),
  })
  .refine(({ cancel, park }) => !cancel.some((one) => park.includes(one)), {
    path: ['park'],
    error: 'a group can be cancelled or parked, not both',
  })
  .meta({ id: 'TriageRequest' });
export const triageActQuery = z.strictObject({ dry_run: queryFlag.optional() });
export const triageAnswer = z
  .strictObject({
    dry_run: z.boolean(),
    cancelled: z.int(),
    parked: z.int(),
    left: z.int().describe('tasks that neither was done to: they start in their old order once the pause ends'),
    passed_over: passedOver,
    again: z.boolean().describe('true: there may be more of these groups; call again with the same request'),
  })
  .meta({ id: 'TriageAnswer' });

export type TriageBy = (typeof TRIAGE_BY)[number];
export type TriageView = z.infer<typeof triageView>;
export type TriageRequest = z.input<typeof triageRequest>;
export type TriageAnswer = z.infer<typeof triageAnswer>;
