import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import type { Database } from '@orchestra/database';
import { serveAliases } from './aliases.ts';
import { answerUnread, hasUnreadBody } from './answer-unread.ts';
import { makeAuthenticator, type Authenticator } from './authenticate.ts';
import { serveHealth, type HealthCheck } from './health.ts';
import { hostRule, type Bound } from './host-names.ts';
import { logRequests, requestId, type Logger } from './log.ts';
import { nameRoute, type Metrics } from './metrics.ts';
import { noteUnlisted } from './problem-codes.ts';
import { PROBLEMS, problemDocument, ProblemError, toProblemError } from './problem.ts';
import { CONTINUE, readBody, readIdempotencyKey, readQuery } from './raw-call.ts';
import type { Route } from './route.ts';
import { ServerTrouble } from './server-trouble.ts';
import type { CallSpan, Tracing } from './tracing.ts';

export interface AppOptions {
  db: Database;
  log: Logger;
  metrics: Metrics;
  routes: readonly Route[];
  authenticator?: Authenticator;
  /** Where it listens. Absent: any `Host` is answered. */
  boundTo?: Bound;
  /** Named conditions for `/readyz` besides the database. */
  checks?: Record<string, HealthCheck>;
  /** Told in `/readyz` beside, whatever they find. */
  told?: Record<string, HealthCheck>;
  /** Absent: off. */
  tracing?: Tracing | undefined;
  /** Adds what needs no token and is no call: pages, documents. */
  pages?: (app: Express) => void;
}

/** The HTTP edge of a service: headers, log, metrics, health, then its routes, then problems for everything else. */
export function makeApp(options: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // Ours are read from the URL by `readQuery`, which refuses what is given twice.
  app.set('query parser', false);
  app.set('strict routing', true);
  app.set('case sensitive routing', true);
  app.use(logRequests(options.log), options.metrics.timeRequests, secureHeaders(), (_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    next();
  });
  app.use(refuseOddRequests(options.boundTo));
  const trouble = new ServerTrouble();
  serveAliases(app);
  serveHealth(app, { db: options.db, metrics: options.metrics, trouble, checks: options.checks ?? {}, told: options.told ?? {} });
  const authenticator = options.authenticator ?? makeAuthenticator(options.db);
  for (const route of options.routes) app[route.method](route.path, traced(route, options.tracing, listed(route, serve(route, authenticator))));
  options.pages?.(app);
  refuseOtherMethods(app, options.routes);
  app.use((request) => { throw new ProblemError('not_found', `there is nothing at ${request.method} ${request.path}; /openapi.json lists the routes`); });
  app.use(answerProblem(options.log, trouble));
  return app;
}

/** What is refused whatever it asks for: another name than ours, and expectations that HTTP does not know. */
function refuseOddRequests(boundTo: Bound | undefined): RequestHandler {
  const answersTo = boundTo === undefined ? undefined : hostRule(boundTo);
  return (request, _response, next) => {
    const { host, expect } = request.headers;
    if (host === undefined && request.httpVersion === '1.1') throw new ProblemError('invalid_request', 'a request of HTTP/1.1 has a Host header');
    // Browsers always send one; HTTP/1.0 need not.
    if (answersTo !== undefined && host !== undefined && !answersTo(host)) {
      throw new ProblemError('unknown_host', 'this service listens on loopback and answers to 127.0.0.1, localhost and [::1]; further names are set by ORCHESTRA_HOST_NAMES');
    }
    if (expect !== undefined && !CONTINUE.test(expect)) throw new ProblemError('expectation_failed', 'of expectations only 100-continue is known');
    next();
  };
}

function secureHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"], scriptSrc: ["'self'"], styleSrc: ["'self'"], imgSrc: ["'self'", 'data:'], connectSrc: ["'self'"],
        baseUri: ["'none'"], formAction: ["'self'"], frameAncestors: ["'none'"],
      },
    },
    xFrameOptions: { action: 'deny' },
    // A service speaks plain HTTP on the machine's own address; where TLS stands in front, that is where this belongs.
    strictTransportSecurity: false,
  });
}

type Serve = (request: Request, response: Response, span: CallSpan | undefined) => Promise<void>;

/** In a span of its own, where tracing is on: from here until the call is answered. That of a stream ends when it has begun. */
function traced(route: Route, tracing: Tracing | undefined, work: Serve): RequestHandler {
  if (tracing === undefined) return (request, response) => work(request, response, undefined);
  return async (request, response) => {
    const span = tracing.begin({ method: route.method.toUpperCase(), route: route.path }, request.get('traceparent'));
    try {
      await work(request, response, span);
      span.end(response.statusCode);
    } catch (error) {
      span.end(PROBLEMS[toProblemError(error).code].status);
      throw error;
    }
  };
}

function serve(route: Route, authenticator: Authenticator): Serve {
  return async (request, response, span) => {
    nameRoute(response, route.path);
    route.admit?.(request);
    const caller = route.permission === null ? null : await authenticator.authenticate(request, route.permission);
    const changes = route.method !== 'get';
    const gone = new AbortController();
    response.once('close', () => { if (!response.writableFinished) gone.abort(); });
    await route.serve({
      params: request.params,
      query: readQuery(request),
      idempotencyKey: changes ? readIdempotencyKey(request) : undefined,
      body: changes ? await readBody(request, response, route.bodyMaxBytes) : undefined,
      header: (name) => request.get(name),
      caller,
      log: request.log,
      gone: gone.signal,
      span,
    }, request, response);
  };
}

/** What a route refuses with is in its description, or it is reported. */
function listed(route: Route, work: Serve): Serve {
  return async (request, response, span) => {
    try {
      await work(request, response, span);
    } catch (error) {
      noteUnlisted(route, toProblemError(error).code, request.log);
      throw error;
    }
  };
}

/** A path that exists, asked with a method that it does not have. */
function refuseOtherMethods(app: Express, routes: readonly Route[]): void {
  const methods = new Map<string, Set<string>>([['/livez', new Set(['GET'])], ['/readyz', new Set(['GET'])], ['/metrics', new Set(['GET'])]]);
  for (const route of routes) {
    methods.set(route.path, (methods.get(route.path) ?? new Set()).add(route.method.toUpperCase()));
  }
  for (const [path, known] of methods) {
    const allow = [...known].flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
    app.all(path, (request, response) => {
      nameRoute(response, path);
      throw new ProblemError('method_not_allowed', `${path} knows ${allow}, not ${request.method}`, { headers: { Allow: allow } });
    });
  }
}

function answerProblem(log: Logger, trouble: ServerTrouble): ErrorRequestHandler {
  return (error: unknown, request: Request, response: Response, _next) => {
    trouble.note(error);
    const problem = toProblemError(error);
    const { status } = PROBLEMS[problem.code];
    // The request's own line carries it: an error for what nobody foresaw, a warning for what heals by itself.
    if (status >= 500) response.err = problem.cause instanceof Error ? problem.cause : problem;
    if (response.headersSent) {
      log.warn({ err: error, request_id: requestId(request) }, 'an answer broke off half way');
      response.destroy();
      return;
    }
    response.status(status).set(problem.headers).set('Content-Type', 'application/problem+json; charset=utf-8');
    const body = JSON.stringify(problemDocument(problem, requestId(request)));
    if (hasUnreadBody(request)) answerUnread(request, response, body);
    else response.send(body);
  };
}
