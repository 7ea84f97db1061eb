import { refuseUnwritable } from '@orchestra/exact-json';
import { backoffMs, sleep, TIMER_MAX_MS, type Backoff } from '@orchestra/timing';
import type { z } from 'zod';
import { parseAnswer } from './answer.ts';
import { AnswerError, ApiError, ConnectionError, type ServiceName } from './errors.ts';
import { httpCall } from './http-call.ts';

export interface CallOptions {
  /** Ends the call, its retries and its waiting; it then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Time limit of each try. */
  timeLimitMs?: number | undefined;
  /** 1: no retry. */
  triesMax?: number | undefined;
}

/** Where calls go and as whom. */
export interface Peer {
  service: ServiceName;
  /** Without a slash at its end. */
  url: string;
  token: string | undefined;
  /** In place of undici. */
  fetch: typeof globalThis.fetch | undefined;
  watch?: ((call: WatchedCall) => Promise<void>) | undefined;
}

/** A call under way, for who stands beside it. */
export interface WatchedCall {
  service: ServiceName;
  url: string;
  /** Whether it asks for a change. */
  changes: boolean;
  /** Aborted when the call is over. */
  signal: AbortSignal;
}

export interface Call<T> {
  method: 'GET' | 'POST';
  /** Begins with a slash; holds the query. */
  path: string;
  body?: unknown;
  /** For calls that change something: makes their retries safe. */
  idempotencyKey?: string | undefined;
  answer: z.ZodType<T>;
}

const TIME_LIMIT_MS = 10_000;
const TRIES_MAX = 4;
// All tries together, waits included: a caller hears within this and one last try, whatever the service does.
const RETRY_FOR_MS = 30_000;
const BACKOFF: Backoff = { baseMs: 250, capMs: 5_000 };

/**
 * Makes one call: bounded in time, retried where the same call may work a moment later (nobody there, cut off, 503,
 * 429, 408, the first try still under way), and parsed by the contract.
 *
 * @throws ApiError, ConnectionError, AnswerError; the signal's reason when it was aborted; TypeError, with the path
 * of the field, for what JSON would change or cannot say
 */
export async function send<T>(peer: Peer, call: Call<T>, options: CallOptions = {}): Promise<T> {
  if (peer.watch === undefined) return sendUntilAnswered(peer, call, options);
  const over = new AbortController();
  const signal = options.signal === undefined ? over.signal : AbortSignal.any([options.signal, over.signal]);
  const answered = sendUntilAnswered(peer, call, { ...options, signal });
  const watched = peer.watch({ service: peer.service, url: peer.url, changes: call.method !== 'GET', signal });
  try {
    // A watch that ends without an error leaves the call to itself.
    return await Promise.race([answered, watched.then(() => answered)]);
  } finally {
    over.abort();
  }
}

async function sendUntilAnswered<T>(peer: Peer, call: Call<T>, options: CallOptions): Promise<T> {
  const triesMax = options.triesMax ?? TRIES_MAX;
  const startedAt = performance.now();
  // Before the first try: what JSON cannot say is the caller's mistake, not the connection's.
  if (call.body !== undefined) refuseUnwritable(call.body, 'body');
  const bodyText = call.body === undefined ? undefined : JSON.stringify(call.body);
  for (let tries = 1; ; tries++) {
    try {
      return await sendOnce(peer, call, bodyText, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      const waitMs = waitBeforeRetryMs(tries, error);
      if (tries >= triesMax || !isTransient(error) || performance.now() - startedAt + waitMs > RETRY_FOR_MS)
        throw error;
      await sleep(waitMs, options.signal);
      options.signal?.throwIfAborted();
    }
  }
}

/** May the same call work a moment later? */
export function isTransient(error: unknown): boolean {
  if (error instanceof ConnectionError) return true;
  // The first try is still being carried out; its answer will be there for the same key.
  if (error instanceof ApiError && error.code === 'idempotency_key_in_use') return true;
  if (error instanceof ApiError || error instanceof AnswerError)
    return [408, 429, 502, 503, 504].includes(error.status);
  return false;
}

/** The usual wait after that many tries, or what the service asked for where that is longer. */
export function waitBeforeRetryMs(tries: number, error: unknown): number {
  return Math.max(backoffMs(tries, BACKOFF), askedWaitMs(error));
}

/** How long the service asked to be left alone; 0: it did not. */
export function askedWaitMs(error: unknown): number {
  return error instanceof ApiError || error instanceof AnswerError ? (error.retryAfterMs ?? 0) : 0;
}

async function sendOnce<T>(peer: Peer, call: Call<T>, bodyText: string | undefined, options: CallOptions): Promise<T> {
  // Node's timers take whole milliseconds only, and a third of a lease need not be one.
  const timeLimitMs = Math.ceil(options.timeLimitMs ?? TIME_LIMIT_MS);
  const end = new AbortController();
  let isLate = false;
  const timer = setTimeout(
    () => {
      isLate = true;
      end.abort();
    },
    Math.min(timeLimitMs, TIMER_MAX_MS),
  );
  timer.unref();
  const abort = (): void => end.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', abort);
  if (options.signal?.aborted) abort();
  let answering = false;
  try {
    const response = await httpCall(
      peer.url + call.path,
      {
        method: call.method,
        headers: headersOf(peer, call),
        ...(bodyText === undefined ? {} : { body: bodyText }),
        signal: end.signal,
      },
      peer.fetch,
    );
    answering = true;
    return await parseAnswer(response, call.answer, peer);
  } catch (cause) {
    if (cause instanceof ApiError || cause instanceof AnswerError || cause instanceof RangeError) throw cause;
    options.signal?.throwIfAborted();
    if (isLate) throw new ConnectionError(peer.service, peer.url, 'timed_out', { cause, timeLimitMs });
    throw new ConnectionError(peer.service, peer.url, answering || wasConnected(cause) ? 'cut_off' : 'unreachable', {
      cause,
    });
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', abort);
  }
}

export function headersOf(peer: Peer, call: Pick<Call<unknown>, 'body' | 'idempotencyKey'>): Record<string, string> {
  return {
    accept: 'application/json, application/problem+json',
    ...(peer.token === undefined ? {} : { authorization: `Bearer ${peer.token}` }),
    ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(call.idempotencyKey === undefined ? {} : { 'idempotency-key': call.idempotencyKey }),
  };
}

// What undici reports when a connection that stood was lost: the call may have been carried out.
const AFTER_CONNECT = new Set([
  'UND_ERR_SOCKET',
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

export function wasConnected(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && AFTER_CONNECT.has(error.code)) return true;
  return wasConnected(error.cause);
}
