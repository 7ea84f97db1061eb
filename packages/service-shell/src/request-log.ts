import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from './log.ts';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;
// Asked every few seconds by every scraper and load balancer.
const QUIET_PATHS = new Set(['/livez', '/readyz', '/metrics']);

interface Logged {
  id: string;
  log: Logger;
  /** What kept the request from its answer. */
  failure: Error | undefined;
}

const requests = new WeakMap<IncomingMessage, Logged>();

/** The id of a request in the log. */
export function requestId(request: IncomingMessage): string {
  return requests.get(request)?.id ?? '';
}

/** A logger whose lines carry the id of the request. */
export function logOf(request: IncomingMessage, log: Logger): Logger {
  return requests.get(request)?.log ?? log;
}

/** The request's own line tells it: an error for what nobody foresaw, a warning for what heals by itself. */
export function noteFailure(request: IncomingMessage, failure: Error): void {
  const logged = requests.get(request);
  if (logged !== undefined) logged.failure ??= failure;
}

/**
 * One line for each request, with the request id that the answer carries as `X-Request-Id`. Query strings are left out.
 */
export function logRequest(parent: Logger, request: IncomingMessage, response: ServerResponse): void {
  const given = request.headers['x-request-id'];
  const id = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
  response.setHeader('X-Request-Id', id);
  const log = parent.child({ request_id: id });
  const logged: Logged = { id, log, failure: undefined };
  requests.set(request, logged);
  const beganMs = performance.now();
  const { method, url = '' } = request; // an alias gets another one later
  response.on('error', (failure) => noteFailure(request, failure));
  response.once('close', () => {
    const { failure } = logged;
    const level = levelOf(request, response, failure);
    if (!log.isLevelEnabled(level)) return;
    const isErrored = failure !== undefined || response.statusCode >= 500;
    log[level](
      {
        req: { method, path: url.split('?', 1)[0] },
        res: { status: response.statusCode },
        ...(failure !== undefined && { err: failure }),
        took_ms: Math.round(performance.now() - beganMs),
      },
      isErrored ? 'request errored' : response.writableEnded ? 'request completed' : 'request aborted',
    );
  });
}

function levelOf(
  request: IncomingMessage,
  { statusCode }: ServerResponse,
  failure: Error | undefined,
): 'error' | 'warn' | 'info' | 'trace' {
  if (statusCode >= 500 && statusCode !== 503) return 'error';
  if (failure !== undefined || statusCode === 503) return 'warn';
  return QUIET_PATHS.has(request.url ?? '') ? 'trace' : 'info';
}
