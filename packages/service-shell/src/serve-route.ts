import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authenticator } from './authenticate.ts';
import type { Logger } from './log.ts';
import { nameRoute } from './metrics.ts';
import { noteUnlisted } from './problem-codes.ts';
import { PROBLEMS, toProblemError } from './problem.ts';
import { readBody, readIdempotencyKey, readQuery } from './raw-call.ts';
import { logOf } from './request-log.ts';
import type { RawCall, Route } from './route.ts';
import type { CallSpan, Tracing } from './tracing.ts';

export interface ServedBy {
  authenticator: Authenticator;
  log: Logger;
  tracing: Tracing | undefined;
}

/** Serves one call. @throws what it is refused with */
export type Serve<Q, R> = (request: Q, response: R) => Promise<void>;

/**
 * How a route is served, by express or without it: finds out who calls, reads what was sent, has it answered, in a span
 * of its own where tracing is on. A code that its description does not list is reported.
 *
 * @param answer what remains to be done with the call
 */
export function serveRoute<Q extends IncomingMessage, R extends ServerResponse>(
  route: Route,
  by: ServedBy,
  paramsOf: (request: Q) => unknown,
  answer: (raw: RawCall, request: Q, response: R) => Promise<void>,
): Serve<Q, R> {
  const { authenticator, log, tracing } = by;
  const serve = async (request: Q, response: R, span: CallSpan | undefined): Promise<void> => {
    nameRoute(response, route.path);
    route.admit?.(request);
    const caller = route.permission === null ? null : await authenticator.authenticate(request, route.permission);
    const changes = route.method !== 'get';
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    await answer(
      {
        params: paramsOf(request),
        query: readQuery(request),
        idempotencyKey: changes ? readIdempotencyKey(request) : undefined,
        body: changes ? await readBody(request, response, route.bodyMaxBytes) : undefined,
        header: (name) => headerOf(request, name),
        caller,
        log: logOf(request, log),
        gone: gone.signal,
        span,
      },
      request,
      response,
    );
  };
  const listed = async (request: Q, response: R, span: CallSpan | undefined): Promise<void> => {
    try {
      await serve(request, response, span);
    } catch (error) {
      noteUnlisted(route, toProblemError(error).code, logOf(request, log));
      throw error;
    }
  };
  return tracing === undefined
    ? (request, response) => listed(request, response, undefined)
    : traced(route, tracing, listed);
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const given = headers[name.toLowerCase()];
  return Array.isArray(given) ? given.join(', ') : given;
}

/** In a span: from here until the call is answered. That of a stream ends when it has begun. */
function traced<Q extends IncomingMessage, R extends ServerResponse>(
  route: Route,
  tracing: Tracing,
  work: (request: Q, response: R, span: CallSpan) => Promise<void>,
): Serve<Q, R> {
  return async (request, response) => {
    const parent = request.headers['traceparent'];
    const span = tracing.begin(
      { method: route.method.toUpperCase(), route: route.path },
      typeof parent === 'string' ? parent : undefined,
    );
    try {
      await work(request, response, span);
      span.end(response.statusCode);
    } catch (error) {
      span.end(PROBLEMS[toProblemError(error).code].status);
      throw error;
    }
  };
}
