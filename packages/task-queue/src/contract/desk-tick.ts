import { id, instant } from '@orchestra/pause-core/contract';
import { z } from 'zod';
import { brakeProof } from './tasks.ts';

/** How far tasks that wait are counted for a desk: what is beyond is told as "more". */
export const DESK_COUNTED_MAX = 10_000;

/** What moves without a change of any pause, told every two seconds to desks that follow the stream with `desk`. */
export const deskNumbers = z
  .strictObject({
    at: instant.describe('when this was read, by the database’s clock'),
    last_task_event_id: id.nullable().describe('another one than before: something happened in the queue'),
    queued: z.int().describe('counted up to 10000'),
    queued_more: z.boolean().describe('true: more wait than were counted'),
    running: z.int(),
    held: z.int(),
    parked: z.int().describe('set aside, whatever their status'),
    asking: z.int().describe('parked with a question that nobody has answered'),
    critical_alerts: z.int().describe('of the last day that nobody has acknowledged, counted up to 1000'),
    pauses: z
      .array(
        z.strictObject({
          id,
          in_flight_count: z.int(),
          claimed_ahead_count: z.int(),
          queued: z.int(),
          queued_more: z.boolean(),
          quiet: z.boolean(),
        }),
      )
      .describe('the first 200 active pauses, newest first'),
    brake_proof: brakeProof.nullable().default(null).describe('the self-test of the brake; null: it is off'),
  })
  .meta({ id: 'DeskNumbers' });

/** A message `desk` of the event stream. It has no id: it is not kept, and a reader that missed one gets the next. */
export const deskTick = z
  .strictObject({
    numbers: deskNumbers.nullable().describe('null: the database could not be asked just now'),
  })
  .meta({ id: 'DeskTick' });

export type DeskNumbers = z.infer<typeof deskNumbers>;
export type DeskTick = z.infer<typeof deskTick>;
