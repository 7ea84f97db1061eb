import { parseJson } from '@orchestra/exact-json';
import type { SenateEvent, SenateEventType } from '@orchestra/pause-core/contract';
import { ApiError } from './api-error.ts';

export interface StreamMessage {
  readonly id: string;
  /** null: of a type that a newer service has added. Its id is a position like any other. */
  readonly event: SenateEvent | null;
}

// Total, so that a type added to the contract does not compile until this page knows it.
const KNOWN: Record<SenateEventType | 'snapshot', true> = {
  snapshot: true,
  'pause.created': true,
  'pause.changed': true,
  'pause.cleared': true,
  'pause.expired': true,
  'pause.quiet': true,
  'pause.warning': true,
  'pause.stayed': true,
  'pause.probing': true,
  'alert.created': true,
  'alert.acknowledged': true,
  'alert.resolved': true,
  'run.stopping': true,
};

/**
 * One message of the stream as the contract types it, taken out of its CloudEvents envelope; null for one that is no
 * event of the stream. Looked at here is what this page would stumble over; the rest of the shape is the service's
 * promise, held by its own tests against the zod contract, which stays out of this bundle.
 *
 * @throws {ApiError} `malformed`
 */
export function readMessage(message: {
  id?: string | undefined;
  event?: string | undefined;
  data: string;
}): StreamMessage | null {
  const { id, event: type, data } = message;
  if (type === undefined || !Object.hasOwn(KNOWN, type)) return isStreamId(id) ? { id, event: null } : null;
  if (!isStreamId(id)) throw new ApiError('malformed', `A ${type} message came without a position.`);
  const facts = dataOf(type, data);
  const usable =
    type === 'snapshot'
      ? 'pauses' in facts &&
        Array.isArray(facts.pauses) &&
        facts.pauses.every((pause: { id?: unknown } | null) => isId(pause?.id))
      : 'id' in facts && isId(facts.id);
  if (!usable) throw new ApiError('malformed', `A ${type} message has not the shape it should have.`);
  return { id, event: { type, data: facts } as SenateEvent };
}

/** What the envelope holds; nothing where there is none. */
function dataOf(type: string, text: string): object {
  let envelope: unknown;
  try {
    envelope = parseJson(text);
  } catch (error) {
    throw new ApiError('malformed', `A ${type} message could not be read.`, { cause: error });
  }
  const facts = typeof envelope === 'object' && envelope !== null && 'data' in envelope ? envelope.data : null;
  return typeof facts === 'object' && facts !== null ? facts : {};
}

/**
 * The position in the stream that a message's id tells: `12.0583920174` is the event at position 12, whose mark is
 * 0583920174.
 */
export function positionOf(streamId: string): bigint {
  return BigInt(streamId.split('.', 1)[0] ?? streamId);
}

/** A service from before marks sends the bare position. */
function isStreamId(value: unknown): value is string {
  return typeof value === 'string' && /^\d{1,19}(?:\.\d{1,20})?$/.test(value);
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^\d{1,19}$/.test(value);
}
