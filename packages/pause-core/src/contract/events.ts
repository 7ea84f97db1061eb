import { z } from 'zod';
import { alertView } from './alerts.ts';
import { activePauseView, pauseView } from './pauses.ts';
import { stopOrdered } from './stops.ts';

/** What is told of a pause. */
export const PAUSE_EVENT_TYPES = [
  'pause.created',
  'pause.changed',
  'pause.cleared',
  'pause.expired',
  'pause.quiet',
  'pause.warning',
  'pause.stayed',
  'pause.probing',
] as const;

/** What the stream tells, besides the `snapshot` that opens it. */
export const SENATE_EVENT_TYPES = [
  ...PAUSE_EVENT_TYPES,
  'alert.created',
  'alert.acknowledged',
  'alert.resolved',
  'run.stopping',
] as const;
export type SenateEventType = (typeof SENATE_EVENT_TYPES)[number];

export const snapshotEvent = z.strictObject({
  type: z.literal('snapshot'),
  data: z.strictObject({ pauses: z.array(activePauseView) }),
});
export const pauseEvent = z.strictObject({
  type: z.enum(PAUSE_EVENT_TYPES),
  data: pauseView,
});
export const alertEvent = z.strictObject({ type: z.literal('alert.created'), data: alertView });
export const alertAcknowledgedEvent = z.strictObject({ type: z.literal('alert.acknowledged'), data: alertView });
/** Runs of these tasks are to stop. A worker that has one of them sends a heartbeat, whose answer is what counts. */
export const runStoppingEvent = z.strictObject({ type: z.literal('run.stopping'), data: stopOrdered });
export const alertResolvedEvent = z.strictObject({ type: z.literal('alert.resolved'), data: alertView });

/**
 * One message of `GET /api/senate/events`: the `event:` line is `type`, the `data:` line is `data` in its envelope
 * (`senateMessage`), the `id:` line is the position to resume behind (`Last-Event-ID`).
 */
export const senateEvent = z
  .discriminatedUnion('type', [
    snapshotEvent,
    pauseEvent,
    alertEvent,
    alertAcknowledgedEvent,
    alertResolvedEvent,
    runStoppingEvent,
  ])
  .meta({ id: 'SenateEvent' });

export type SenateEvent = z.infer<typeof senateEvent>;
