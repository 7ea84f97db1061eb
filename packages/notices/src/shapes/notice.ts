import type { SenateEvent } from '@orchestra/pause-core/contract';

/** An event to be told. */
export interface Notice {
  /** Of the event: the same for every target and every try. */
  eventId: string;
  at: Date;
  event: Exclude<SenateEvent, { type: 'snapshot' }>;
}

/** One POST, in the shape that its target takes. */
export interface NoticeRequest {
  headers: Readonly<Record<string, string>>;
  body: string;
}
