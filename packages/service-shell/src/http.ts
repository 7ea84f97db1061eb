import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import type { Database } from '@orchestra/database';
import { serveAliases } from './aliases.ts';
import { answerProblems, type AnswerProblem } from './answer-problem.ts';
import { makeAuthenticator, type Authenticator } from './authenticate.ts';
import { makeEdge, type Edge } from './edge.ts';
import { serveHealth, type HealthCheck } from './health.ts';
import type { Bound } from './host-names.ts';
import type { Logger } from './log.ts';
import { nameRoute, type Metrics } from './metrics.ts';
import { ProblemError } from './problem.ts';
import type { Route } from './route.ts';
import { sendJson } from './send-json.ts';
import { serveRoute, type Serve, type ServedBy } from './serve-route.ts';
import { ServerTrouble } from './server-trouble.ts';
import type { Tracing } from './tracing.ts';

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

/**
 * The HTTP edge of a service: headers, log, metrics, health, then its routes, then problems for everything else. Routes
 * that are asked all the time are answered before express, by the same edge.
 */
export function makeApp(options: AppOptions): RequestListener {
  const { db, log, metrics, routes, tracing } = options;
  const trouble = new ServerTrouble();
  const edge = makeEdge({ log, metrics, boundTo: options.boundTo });
  const problems = answerProblems(log, trouble);
  const by = { authenticator: options.authenticator ?? makeAuthenticator(db), log, tracing };
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // Ours are read from the URL by `readQuery`, which refuses what is given twice.
  app.set('query parser', false);
  app.set('strict routing', true);
  app.set('case sensitive routing', true);
  app.use((request, response, next) => {
    edge.begin(request, response);
    edge.refuseOdd(request);
    next();
  });
  serveAliases(app);
  serveHealth(app, { db, metrics, trouble, checks: options.checks ?? {}, told: options.told ?? {} });
  for (const route of routes)
    app[route.method](
      route.path,
      serveRoute<Request, Response>(
        route,
        by,
        ({ params }) => params,
        (raw, request, response) => route.serve(raw, request, response),
      ),
    );
  options.pages?.(app);
  refuseOtherMethods(app, routes);
  app.use((request) => {
    throw new ProblemError(
      'not_found',
      `there is nothing at ${request.method} ${request.path}; /openapi.json lists the routes`,
    );
  });
  const last: ErrorRequestHandler = (error, request, response, _next) => problems(error, request, response);
  app.use(last);
  return beforeExpress(app, hotRoutes(routes, by), edge, problems);
}

type Hot = Serve<IncomingMessage, ServerResponse>;

/** By method and path. */
function hotRoutes(routes: readonly Route[], by: ServedBy): ReadonlyMap<string, Hot> {
  return new Map(
    routes.flatMap((route) => {
      const { isHot, answers, method, path } = route;
      if (!isHot || answers === undefined) return [];
      const serve = serveRoute<IncomingMessage, ServerResponse>(
        route,
        by,
        () => ({}),
        async (raw, _request, response) => sendJson(response, await answers(raw)),
      );
      return [[`${method.toUpperCase()} ${path}`, serve] as const];
    }),
  );
}

/** A call of a hot route does not pass express: its layers cost more than such a call. Everything else does. */
function beforeExpress(
  app: Express,
  hot: ReadonlyMap<string, Hot>,
  edge: Edge,
  problems: AnswerProblem,
): RequestListener {
  if (hot.size === 0) return app;
  return (request, response) => {
    const serve = hot.get(`${request.method} ${request.url}`);
    if (serve === undefined) {
      app(request, response);
      return;
    }
    edge.begin(request, response);
    try {
      edge.refuseOdd(request);
    } catch (error) {
      problems(error, request, response);
      return;
    }
    serve(request, response).catch((error: unknown) => problems(error, request, response));
  };
}

/** A path that exists, asked with a method that it does not have. */
function refuseOtherMethods(app: Express, routes: readonly Route[]): void {
  const methods = new Map<string, Set<string>>([
    ['/livez', new Set(['GET'])],
    ['/readyz', new Set(['GET'])],
    ['/metrics', new Set(['GET'])],
  ]);
  for (const route of routes) {
    methods.set(route.path, (methods.get(route.path) ?? new Set()).add(route.method.toUpperCase()));
  }
  for (const [path, known] of methods) {
    const allow = [...known].flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
    app.all(path, (request, response) => {
      nameRoute(response, path);
      throw new ProblemError('method_not_allowed', `${path} knows ${allow}, not ${request.method}`, {
        headers: { Allow: allow },
      });
    });
  }
}
