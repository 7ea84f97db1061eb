import { createHmac } from 'node:crypto';
import { toCloudEvent } from '@orchestra/pause-core/contract';
import type { Notice, NoticeRequest } from './notice.ts';

/**
 * A CloudEvent, signed the Standard Webhooks way (https://www.standardwebhooks.com): HMAC-SHA256 over
 * `id.timestamp.body`, once with each key, so that a receiver may know the old one or the new one. The id is the
 * event's and stays; the timestamp is that of this try.
 */
export function standardRequest({ eventId, at, event }: Notice, keys: readonly Buffer[], sentAt: Date): NoticeRequest {
  const id = `orchestra-event-${eventId}`;
  const timestamp = Math.floor(sentAt.getTime() / 1_000);
  const body = JSON.stringify(toCloudEvent({ id: eventId, at, event }));
  return {
    headers: {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': keys.map((key) => signature(key, id, timestamp, body)).join(' '),
    },
    body,
  };
}

/** One signature of version 1. */
export function signature(key: Buffer, id: string, timestamp: number, body: string): string {
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}
