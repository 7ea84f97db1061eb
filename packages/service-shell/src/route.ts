import type { IncomingMessage } from 'node:http';
import type { Request, Response } from 'express';
import { showRuns, type Idempotency, type TokenHolder } from '@orchestra/pause-core';
import type { Permission, ProblemCode } from '@orchestra/pause-core/contract';
import { z } from 'zod';
import { parseAtEdge } from './offending-fields.ts';
import type { Logger } from './log.ts';
import { sendJson } from './send-json.ts';
import type { CallSpan } from './tracing.ts';

/** One call, with everything from outside already read by its schema. */
export interface Call<Params = unknown, Query = unknown, Body = unknown> {
  params: Params;
  query: Query;
  body: Body;
  /** Whose token it is. The name is what history shows. */
  caller: TokenHolder;
  /** Present when the caller sent an `Idempotency-Key`; goes to the command. */
  idempotency: Idempotency | undefined;
  log: Logger;
  /** Aborted when the caller has gone before the answer. */
  gone: AbortSignal;
  /** undefined: tracing is off. */
  span: CallSpan | undefined;
  /** A header of the request, as it came: nothing has read it yet. */
  header: (name: string) => string | undefined;
}

/** What a route is given before its schemas have spoken. */
export interface RawCall {
  params: unknown;
  query: unknown;
  body: unknown;
  idempotencyKey: string | undefined;
  /** null: the route is open to everybody. */
  caller: TokenHolder | null;
  log: Logger;
  gone: AbortSignal;
  span: CallSpan | undefined;
  header: (name: string) => string | undefined;
}

/** A route as plain data: the app serves it, the OpenAPI document describes it, tests walk it. */
export interface Route {
  method: 'get' | 'post' | 'delete';
  /** As express writes it: `/api/tasks/:id`. */
  path: string;
  /** null: open to everybody, by `admit`. */
  permission: Permission | null;
  /** Refuses a call before its body is read. */
  admit?: (request: IncomingMessage) => void;
  summary: string;
  description: string | undefined;
  /** What its handler refuses. What the HTTP edge refuses follows from the rest: see `problemCodesOf`. */
  refuses: readonly ProblemCode[];
  params: z.ZodObject;
  query: z.ZodObject;
  /** undefined: it takes none. */
  body: z.ZodType | undefined;
  /** How long the body may be; undefined: as long as usual. */
  bodyMaxBytes?: number | undefined;
  answer: { kind: 'json' | 'event-stream'; schema: z.ZodType };
  /** Whether it is asked all the time: it is then answered before express. Its path has no parameters. */
  isHot?: boolean;
  /** What it answers, where that is JSON. @throws as `serve` */
  answers?: (raw: RawCall) => Promise<unknown>;
  /** @throws ProblemError for what the schemas refuse, and whatever the handler throws */
  serve(raw: RawCall, request: Request, response: Response): Promise<void>;
}

const NO_FIELDS = z.strictObject({});
const NO_BODY = NO_FIELDS.optional();

interface RouteText {
  method: 'get' | 'post';
  path: string;
  permission: Permission;
  /** One line, as a verb phrase. */
  summary: string;
  description?: string;
  /** The codes that `handle` or `open` refuses with. Absent: none. */
  refuses?: readonly ProblemCode[];
  /** Absent: as long as usual. */
  bodyMaxBytes?: number;
  /** Asked all the time; see {@link Route}. */
  isHot?: boolean;
}

interface RouteSchemas<P, Q, B> {
  /** Absent: the path has none. */
  params?: P;
  /** Absent: any query parameter is refused. */
  query?: Q;
  /** Absent: a body with any field is refused. */
  body?: B;
}

type Handled<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType> = Call<
  z.output<P>,
  z.output<Q>,
  z.output<B>
>;

/** Defines a route that answers JSON. */
export function route<
  A extends z.ZodType,
  P extends z.ZodObject = typeof NO_FIELDS,
  Q extends z.ZodObject = typeof NO_FIELDS,
  B extends z.ZodType = typeof NO_BODY,
>(
  definition: RouteText &
    RouteSchemas<P, Q, B> & { answer: A; handle: (call: Handled<P, Q, B>) => Promise<z.input<A>> },
): Route {
  const answers = async (raw: RawCall): Promise<unknown> => {
    const answer = await definition.handle(readCall(definition, definition, raw));
    // Anyone who works on a run has proved that it is his own; everybody else is shown other people's runs.
    return definition.permission === 'run_tasks' ? answer : showRuns(answer, raw.caller?.runKey);
  };
  return {
    ...plain(definition),
    answer: { kind: 'json', schema: definition.answer },
    answers,
    async serve(raw, _request, response) {
      sendJson(response, await answers(raw));
    },
  };
}

/**
 * Defines a route that keeps its answer open. `open` resolves once the stream has begun; what it refuses before that is
 * a problem.
 */
export function streamRoute<A extends z.ZodType, Q extends z.ZodObject = typeof NO_FIELDS>(
  definition: Omit<RouteText, 'method'> & {
    query?: Q;
    message: A;
    open: (call: Handled<typeof NO_FIELDS, Q, typeof NO_BODY>, request: Request, response: Response) => Promise<void>;
  },
): Route {
  return {
    ...plain({ ...definition, method: 'get' }),
    answer: { kind: 'event-stream', schema: definition.message },
    async serve(raw, request, response) {
      const call = readCall<typeof NO_FIELDS, Q, typeof NO_BODY>(
        { method: 'get', path: definition.path },
        definition,
        raw,
      );
      if (request.method === 'HEAD') response.type('text/event-stream').end();
      else await definition.open(call, request, response);
    },
  };
}

/** Defines a route that needs no token: it looks at the request by itself. Used where a page signs in. */
export function openRoute<A extends z.ZodType, B extends z.ZodType = typeof NO_BODY>(
  definition: Omit<RouteText, 'method' | 'permission'> & {
    method: Route['method'];
    body?: B;
    answer: A;
    admit?: (request: IncomingMessage) => void;
    handle: (body: z.output<B>, request: Request, response: Response) => Promise<z.input<A>>;
  },
): Route {
  const { method, path, summary, description, refuses = [], body, answer, admit, handle } = definition;
  return {
    method,
    path,
    summary,
    description,
    refuses,
    body,
    permission: null,
    params: NO_FIELDS,
    query: NO_FIELDS,
    ...(admit === undefined ? {} : { admit }),
    answer: { kind: 'json', schema: answer },
    async serve(raw, request, response) {
      parseAtEdge(NO_FIELDS, raw.query, 'query');
      response.json(await handle(parseAtEdge(body ?? NO_BODY, raw.body, 'body') as z.output<B>, request, response));
    },
  };
}

function plain(
  definition: RouteText & RouteSchemas<z.ZodObject, z.ZodObject, z.ZodType>,
): Omit<Route, 'answer' | 'serve'> {
  const {
    method,
    path,
    permission,
    summary,
    description,
    refuses = [],
    params = NO_FIELDS,
    query = NO_FIELDS,
    body,
    bodyMaxBytes,
    isHot = false,
  } = definition;
  return { method, path, permission, summary, description, refuses, params, query, body, bodyMaxBytes, isHot };
}

/** A schema that was left out allows nothing, which is also what its type says. */
function readCall<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType>(
  { method, path }: Pick<RouteText, 'method' | 'path'>,
  schemas: RouteSchemas<P, Q, B>,
  raw: RawCall,
): Handled<P, Q, B> {
  const params = parseAtEdge(schemas.params ?? NO_FIELDS, raw.params, 'path') as z.output<P>;
  const query = parseAtEdge(schemas.query ?? NO_FIELDS, raw.query, 'query') as z.output<Q>;
  const body = parseAtEdge(schemas.body ?? NO_BODY, raw.body, 'body') as z.output<B>;
  const { caller, log, gone, span, header, idempotencyKey } = raw;
  if (caller === null) throw new Error(`${method} ${path} needs a permission and was served without a caller`);
  const idempotency =
    idempotencyKey === undefined
      ? undefined
      : {
          principal: `token:${caller.id}`,
          key: idempotencyKey,
          request: { route: `${method} ${path}`, params, query, body },
        };
  return { params, query, body, caller, idempotency, log, gone, span, header };
}
