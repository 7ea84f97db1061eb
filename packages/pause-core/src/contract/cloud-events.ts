import { z } from 'zod';
import {
  alertAcknowledgedEvent,
  alertEvent,
  alertResolvedEvent,
  pauseEvent,
  runStoppingEvent,
  snapshotEvent,
  type SenateEvent,
} from './events.ts';
import { instant } from './text.ts';

const SOURCE = '/orchestra/senate';
/** Before the short name, as CloudEvents asks for: nobody else's `pause.created` is taken for ours. */
const TYPE_PREFIX = 'orchestra.';

const attributes = {
  specversion: z.literal('1.0'),
  id: z
    .string()
    .min(1)
    .describe('names the event together with `source`: the same at every instance and in every notice'),
  source: z.string().min(1).meta({ example: SOURCE }),
  subject: z.string().min(1).optional().describe('what it is about').meta({ example: 'pauses/12' }),
  time: instant.describe('when it happened, by the clock of the database'),
  datacontenttype: z.literal('application/json'),
};

/** A CloudEvents 1.0 envelope in the JSON format. Loose, because others may add attributes of their own. */
export const cloudEvent = z
  .looseObject({ ...attributes, type: z.string().min(1), data: z.unknown() })
  .meta({ id: 'CloudEvent' });

const prefixed = <T extends string>(type: T) => `${TYPE_PREFIX}${type}` as const;

/** What a `data:` line of `GET /api/senate/events` and the body of a `standard` notice hold. */
export const senateMessage = z
  .discriminatedUnion('type', [
    z.object({ ...attributes, type: z.literal(prefixed('snapshot')), data: snapshotEvent.shape.data }),
    z.object({ ...attributes, type: z.enum(pauseEvent.shape.type.options.map(prefixed)), data: pauseEvent.shape.data }),
    z.object({ ...attributes, type: z.literal(prefixed(alertEvent.shape.type.value)), data: alertEvent.shape.data }),
    z.object({
      ...attributes,
      type: z.literal(prefixed(alertAcknowledgedEvent.shape.type.value)),
      data: alertAcknowledgedEvent.shape.data,
    }),
    z.object({
      ...attributes,
      type: z.literal(prefixed(alertResolvedEvent.shape.type.value)),
      data: alertResolvedEvent.shape.data,
    }),
    z.object({
      ...attributes,
      type: z.literal(prefixed(runStoppingEvent.shape.type.value)),
      data: runStoppingEvent.shape.data,
    }),
  ])
  .meta({ id: 'SenateMessage' });

export type SenateMessage = z.infer<typeof senateMessage>;

/**
 * Wraps an event.
 *
 * @param id the event's own, not its position: an event has it before it has a place
 */
export function toCloudEvent({ id, at, event }: { id: string; at: Date; event: SenateEvent }): SenateMessage {
  const subject = subjectOf(event);
  return {
    specversion: '1.0',
    id,
    source: SOURCE,
    type: prefixed(event.type),
    ...(subject === undefined ? {} : { subject }),
    time: at.toISOString(),
    datacontenttype: 'application/json',
    data: event.data,
  } as SenateMessage; // the compiler does not see that type and data come from one event
}

/** The short name of an event's type; undefined: it is not one of Orchestra's. */
export function shortType(type: string): string | undefined {
  return type.startsWith(TYPE_PREFIX) ? type.slice(TYPE_PREFIX.length) : undefined;
}

function subjectOf(event: SenateEvent): string | undefined {
  if (event.type === 'snapshot') return undefined;
  if (event.type === 'run.stopping') return `stops/${event.data.id}`;
  return `${event.type.startsWith('alert.') ? 'alerts' : 'pauses'}/${event.data.id}`;
}
