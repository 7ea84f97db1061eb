import { z } from 'zod';
import { id, instant } from './text.ts';

/** What a pause covers in a queue of another engine, whose claims read our pauses. */
const covered = {
  name: z.string().describe('of the attachment'),
  engine: z.string(),
  in_flight_count: z
    .int()
    .nullable()
    .describe('jobs that a worker has and that go on to their normal end; null: it could not be read'),
  claimed_ahead_count: z
    .int()
    .nullable()
    .describe(
      'jobs that a worker fetched together with one that is counted in flight. The engine does not tell ' +
        'whether they have begun, and nothing keeps them from it',
    ),
  queued: z.int().nullable().describe('jobs that wait, counted up to 10000'),
  queued_more: z.boolean().nullable().describe('true: more wait than were counted'),
  not_read: z.string().nullable().describe('why the numbers are null; null: they were read'),
};

export const attachedWork = z.strictObject(covered).meta({ id: 'AttachedWork' });

/** The same in the receipt of a pause. */
export const attachedReceipt = z
  .strictObject({
    ...covered,
    settled: z
      .boolean()
      .nullable()
      .describe(
        'true: from this instant on no covered job of this queue can become claimed; false: a claim that ' +
          'began before outlived the wait; null: it could not be asked',
      ),
    not_settled: z.string().nullable().describe('why it is not settled; null: it is'),
  })
  .meta({ id: 'AttachedReceipt' });

/** What `verify` has found in an attached queue. */
export const attachedVerified = z
  .strictObject({
    name: z.string(),
    engine: z.string(),
    running_checked: z
      .int()
      .nullable()
      .describe(
        'jobs that a worker has just now; the engine keeps no earlier claims. null: it could not be read, or ' +
          'the attachment does not say when a job was claimed',
      ),
    not_read: z.string().nullable(),
    violations: z
      .array(
        z.strictObject({ job: z.string(), claimed_at: instant, pause_id: id, scope: z.string(), paused_at: instant }),
      )
      .describe('jobs that were claimed more than ten seconds after an active pause on them was made; the first 200'),
  })
  .meta({ id: 'AttachedVerified' });

export type AttachedWork = z.infer<typeof attachedWork>;
export type AttachedReceipt = z.infer<typeof attachedReceipt>;
export type AttachedVerified = z.infer<typeof attachedVerified>;
