import { parseJson } from '@orchestra/exact-json';
import {
  cloudEvent,
  SENATE_EVENT_TYPES,
  senateEvent,
  shortType,
  type SenateEvent,
} from '@orchestra/pause-core/contract';
import { deskTick, type DeskTick } from '@orchestra/task-queue/contract';
import { backoffMs, sleep, type Backoff } from '@orchestra/timing';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { refusal } from './answer.ts';
import { AnswerError, ApiError, ConnectionError } from './errors.ts';
import { askedWaitMs, headersOf, isTransient, wasConnected, type Peer } from './send.ts';
import { parseTolerantly } from './tolerant.ts';

export interface EventsOptions {
  /** Resume behind this event; absent: begin with a snapshot. */
  lastEventId?: string | undefined;
  /** Ends the iteration, also while it waits. Without it a stream ends only by leaving the loop at an event. */
  signal?: AbortSignal | undefined;
  /** Told of every change of the connection. On `connected`, whatever was missed is about to come. */
  onState?: ((state: StreamState) => void) | undefined;
  /** The stream's heartbeats must come more often than this; else it counts as dead and is opened again. */
  silenceMaxMs?: number | undefined;
  /**
   * Given, the stream also brings what moves in the queue between two changes, every two seconds. A reader that missed
   * one gets the next.
   */
  onDesk?: ((tick: DeskTick) => void) | undefined;
}

export type StreamState =
  | { state: 'connecting' }
  | { state: 'connected' }
  | { state: 'disconnected'; error: Error; retryInMs: number }
  /** A message that the contract does not describe was passed over; its id counts as seen. */
  | { state: 'unreadable'; error: Error };

export interface ReceivedEvent {
  /** Give it back as `lastEventId` to go on behind this event; null: the service gave none. */
  id: string | null;
  event: SenateEvent;
}

const CONNECT_LIMIT_MS = 10_000;
// Three of the service's heartbeats.
const SILENCE_MAX_MS = 45_000;
const MESSAGE_CHARS_MAX = 64 * 1024 * 1024;
const BACKOFF: Backoff = { baseMs: 500, capMs: 15_000 };
const ASKED_WAIT_MAX_MS = 60_000;
const DESK = 'desk';
const KNOWN_TYPES: ReadonlySet<string | undefined> = new Set(['snapshot', ...SENATE_EVENT_TYPES]);

/**
 * The events of `GET /api/senate/events`, each once and in order. Reconnects by itself for as long as it takes and
 * resumes behind the last event that was handed out.
 *
 * @throws ApiError when the service refuses for good (a bad token, a bad id)
 */
export async function* senateEvents(
  peer: Peer,
  options: EventsOptions = {},
): AsyncGenerator<ReceivedEvent, void, undefined> {
  const tell = options.onState ?? (() => {});
  const position = { lastEventId: options.lastEventId ?? null, backoff: BACKOFF };
  for (let failures = 0; !isAborted(options.signal);) {
    tell({ state: 'connecting' });
    let error: Error;
    try {
      for await (const messages of readStream(peer, position, options, () => {
        failures = 0;
        tell({ state: 'connected' });
      })) {
        for (const message of messages) {
          if (message.id !== undefined) position.lastEventId = message.id;
          if (message.event === DESK) {
            readDesk(message, options, tell);
            continue;
          }
          if (!KNOWN_TYPES.has(message.event)) continue; // a newer service may tell more
          const parsed = parseEvent(message);
          if (parsed instanceof Error) tell({ state: 'unreadable', error: parsed });
          else yield { id: position.lastEventId, event: parsed };
        }
      }
      error = new ConnectionError(peer.service, peer.url, 'cut_off');
    } catch (cause) {
      if (isAborted(options.signal)) return;
      if (!(cause instanceof Error) || !mayHeal(cause)) throw cause;
      error = cause;
    }
    failures += 1;
    const retryInMs = Math.max(backoffMs(failures, position.backoff), Math.min(askedWaitMs(error), ASKED_WAIT_MAX_MS));
    tell({ state: 'disconnected', error, retryInMs });
    await sleep(retryInMs, options.signal); // aborted: the loop's condition ends it
  }
}

/** The messages of one connection, as they arrive. Ends when the service ends it. */
async function* readStream(
  peer: Peer,
  position: { lastEventId: string | null; backoff: Backoff },
  options: EventsOptions,
  connected: () => void,
): AsyncGenerator<EventSourceMessage[], void, undefined> {
  const silenceMaxMs = options.silenceMaxMs ?? SILENCE_MAX_MS;
  const connection = new AbortController();
  const giveUp = (timeLimitMs: number) =>
    connection.abort(new ConnectionError(peer.service, peer.url, 'timed_out', { timeLimitMs }));
  let watch = setTimeout(giveUp, CONNECT_LIMIT_MS, CONNECT_LIMIT_MS);
  try {
    const response = await open(
      peer,
      position.lastEventId,
      options.onDesk !== undefined,
      AbortSignal.any([connection.signal, ...(options.signal ? [options.signal] : [])]),
    );
    connected();
    let messages: EventSourceMessage[] = [];
    const parser = createParser({
      maxBufferSize: MESSAGE_CHARS_MAX,
      onEvent: (message) => {
        messages.push(message);
      },
      onRetry: (baseMs) => {
        position.backoff = { ...BACKOFF, baseMs: Math.min(baseMs, BACKOFF.capMs) };
      },
    });
    const decoder = new TextDecoder();
    const alive = () => {
      clearTimeout(watch);
      watch = setTimeout(giveUp, silenceMaxMs, silenceMaxMs);
    };
    alive();
    for await (const chunk of response.body ?? []) {
      // Not while the caller is busy with an event: that would be its silence, not the service's.
      clearTimeout(watch);
      parser.feed(decoder.decode(chunk, { stream: true }));
      const complete = messages;
      messages = [];
      if (complete.length > 0) yield complete;
      alive();
    }
  } catch (cause) {
    if (connection.signal.aborted) throw connection.signal.reason;
    if (cause instanceof ApiError || cause instanceof AnswerError || isAborted(options.signal)) throw cause;
    throw new ConnectionError(peer.service, peer.url, wasConnected(cause) ? 'cut_off' : 'unreachable', { cause });
  } finally {
    clearTimeout(watch);
    connection.abort(); // frees the connection when the caller leaves the loop
  }
}

async function open(peer: Peer, lastEventId: string | null, withDesk: boolean, signal: AbortSignal): Promise<Response> {
  const response = await (peer.fetch ?? fetch)(`${peer.url}/api/senate/events${withDesk ? '?desk=true' : ''}`, {
    headers: {
      ...headersOf(peer, {}),
      accept: 'text/event-stream',
      ...(lastEventId === null ? {} : { 'last-event-id': lastEventId }),
    },
    redirect: 'manual',
    signal,
  });
  if (!response.ok) throw await refusal(response, peer);
  return response;
}

// A function, because the compiler takes a signal that was not aborted once for one that never is.
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted ?? false;
}

/**
 * A stream is worth waiting for where a single call is not: a service that fails inside may be well again in a minute.
 */
function mayHeal(error: Error): boolean {
  return isTransient(error) || ((error instanceof ApiError || error instanceof AnswerError) && error.status >= 500);
}

function readDesk(message: EventSourceMessage, { onDesk }: EventsOptions, tell: (state: StreamState) => void): void {
  try {
    const parsed = parseTolerantly(deskTick, JSON.parse(message.data));
    if (!parsed.success) throw parsed.error;
    onDesk?.(parsed.data);
  } catch (cause) {
    tell({
      state: 'unreadable',
      error: new Error('the numbers of the desk are not as the contract describes them', { cause }),
    });
  }
}

function parseEvent(message: EventSourceMessage): SenateEvent | Error {
  try {
    const { type, data } = cloudEvent.parse(parseJson(message.data));
    if (shortType(type) !== message.event) throw new Error(`its event line and its envelope disagree: "${type}"`);
    const parsed = parseTolerantly(senateEvent, { type: message.event, data });
    if (!parsed.success) throw parsed.error;
    return parsed.data;
  } catch (cause) {
    return new Error(`an event "${message.event}" of the stream is not as the contract describes it`, { cause });
  }
}
