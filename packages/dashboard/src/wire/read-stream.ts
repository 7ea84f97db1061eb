import type { DeskNumbers } from '@orchestra/task-queue/contract';
import { EventSourceParserStream, ParseError } from 'eventsource-parser/stream';
import { ApiError } from './api-error.ts';
import { readDeskMessage } from './desk-message.ts';
import { request } from './request.ts';
import { readMessage, type StreamMessage } from './stream-message.ts';

// The service tells how the desk stands every two seconds; seven times that without a byte and the line is dead,
// whatever TCP thinks.
const SILENCE_MAX_MS = 15_000;
// Characters of one message. A snapshot of a thousand pauses with the longest reasons fits; beyond it is no snapshot.
const MESSAGE_MAX = 8 * 1_024 * 1_024;

export interface StreamHooks {
  /** The service has accepted the stream. */
  onOpen(response: Response): void;
  /** Anything was heard, a heartbeat included. */
  onHeard(): void;
  /** How the queue stands; null: the service could not ask the database. */
  onDesk(numbers: DeskNumbers | null): void;
}

/**
 * The messages of `GET /api/senate/events`, until the stream breaks or `signal` ends it. Not an `EventSource`: that one
 * does not tell a refusal from a broken line, nor a silent line from a quiet one.
 *
 * @param lastEventId the position to resume behind; null: begin with a snapshot
 * @throws {ApiError} whatever ends it: a stream of events has no good end
 */
export async function* readStream(
  baseUrl: string,
  lastEventId: string | null,
  hooks: StreamHooks,
  signal: AbortSignal,
  silenceMaxMs = SILENCE_MAX_MS,
): AsyncGenerator<StreamMessage, never> {
  const ending = new AbortController();
  const either = AbortSignal.any([signal, ending.signal]);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watchSilence = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => ending.abort(new ApiError('silent', 'Nothing was heard for too long.')), silenceMaxMs);
  };
  const heard = (): void => {
    watchSilence();
    hooks.onHeard();
  };
  try {
    watchSilence();
    const response = await request(baseUrl, 'api/senate/events?desk=true', {
      headers: { accept: 'text/event-stream', ...(lastEventId !== null && { 'last-event-id': lastEventId }) },
      signal: either,
    });
    if (!response.headers.get('content-type')?.startsWith('text/event-stream') || response.body === null) {
      throw new ApiError('malformed', 'The service did not answer with an event stream.');
    }
    hooks.onOpen(response);
    heard();
    const reader = response.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream({ onComment: heard, maxBufferSize: MESSAGE_MAX }))
      .getReader();
    // Not `for await`: Safari learned to iterate streams only lately.
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      heard();
      if (next.value.event === 'desk') {
        hooks.onDesk(readDeskMessage(next.value.data));
        continue;
      }
      const message = readMessage(next.value);
      if (message !== null) yield message;
    }
    throw new ApiError('ended', 'The service closed the stream.');
  } catch (error) {
    if (either.aborted) throw either.reason;
    if (error instanceof ApiError) throw error;
    if (error instanceof ParseError)
      throw new ApiError('malformed', 'A message of the stream is too long.', { cause: error });
    throw new ApiError('ended', 'The stream broke off.', { cause: error });
  } finally {
    clearTimeout(timer);
    ending.abort(); // lets go of the connection, however this ended
  }
}
