import type { SenateEvent, SenateEventType } from '@orchestra/pause-core/contract';
import { ApiError } from './api-error.ts';

export interface StreamMessage {
  readonly id: string;
  readonly event: SenateEvent;
}

// Total, so that a type added to the contract does not compile until this page knows it.
const KNOWN: Record<SenateEventType | 'snapshot', true> = {
  'snapshot': true,
  'pause.created': true,
  'pause.changed': true,
  'pause.cleared': true,
  'pause.expired': true,
  'pause.quiet': true,
  'alert.created': true,
};

/**
 * One message of the stream as the contract types it; null for a type that a newer service may have added. Looked at
 * here is what this page would stumble over; the rest of the shape is the service's promise, held by its own tests
 * against the zod contract, which stays out of this bundle.
 *
 * @throws {ApiError} `malformed`
 */
export function readMessage(message: { id?: string | undefined; event?: string | undefined; data: string }): StreamMessage | null {
  const { id, event: type, data } = message;
  if (type === undefined || !Object.hasOwn(KNOWN, type)) return null;
  if (!isId(id)) throw new ApiError('malformed', `A ${type} message came without a position.`);
  const facts = parse(type, data);
  const usable = type === 'snapshot'
    ? 'pauses' in facts && Array.isArray(facts.pauses) && facts.pauses.every((pause: { id?: unknown } | null) => isId(pause?.id))
    : 'id' in facts && isId(facts.id);
  if (!usable) throw new ApiError('malformed', `A ${type} message has not the shape it should have.`);
  return { id, event: { type, data: facts } as SenateEvent };
}

function parse(type: string, data: string): object {
  let facts: unknown;
  try {
    facts = JSON.parse(data);
  } catch (error) {
    throw new ApiError('malformed', `A ${type} message could not be read.`, { cause: error });
  }
  return typeof facts === 'object' && facts !== null ? facts : {};
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^\d{1,19}$/.test(value);
}
