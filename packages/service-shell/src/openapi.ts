import { problem, type ProblemCode } from '@orchestra/pause-core/contract';
import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { ANY_CALL, problemCodesOf } from './problem-codes.ts';
import { PROBLEMS } from './problem.ts';
import type { Route } from './route.ts';

export type OpenApiDocument = ReturnType<typeof createDocument>;

const IDEMPOTENCY = z.object({
  'Idempotency-Key': z
    .string()
    .optional()
    .meta({
      description:
        '1 to 200 printable ASCII characters. Repeating a call with its key does nothing twice: it gets the ' +
        'first answer.',
      example: 'pause-skeptic-1',
    }),
});

export interface ServiceDescription {
  title: string;
  version: string;
  description: string;
  /** Where it listens unless told otherwise. */
  usualUrl: string;
}

/** The OpenAPI 3.1 document of a service, made from the routes that it serves. */
export function describeRoutes({ usualUrl, ...info }: ServiceDescription, routes: readonly Route[]): OpenApiDocument {
  const paths: ZodOpenApiPathsObject = { ...HEALTH_PATHS };
  for (const route of routes) {
    const path = route.path.replaceAll(/:([a-z_]+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operation(route) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: { ...info, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [
      { url: '/', description: 'the service that this document came from' },
      { url: usualUrl, description: 'where it listens unless told otherwise' },
    ],
    paths,
    security: [{ token: [] }],
    components: {
      schemas: { Problem: problem },
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: '`orchestra token create` makes one' } },
    },
  });
}

function operation(route: Route): ZodOpenApiOperationObject {
  const changes = route.method !== 'get';
  const path = route.path.replaceAll(/[^A-Za-z]+(.?)/g, (_match, next: string) => next.toUpperCase());
  const needs = route.permission === null ? 'Needs no token.' : `Needs the permission \`${route.permission}\`.`;
  return {
    operationId: `${route.method}${path}`,
    summary: route.summary,
    description: route.description === undefined ? needs : `${route.description}\n\n${needs}`,
    ...(route.permission === null ? { security: [] } : {}),
    tags: [route.path.split('/')[2] ?? 'service'],
    requestParams: {
      ...(fieldsOf(route.params) ? { path: route.params } : {}),
      ...(fieldsOf(route.query) ? { query: route.query } : {}),
      ...(changes ? { header: IDEMPOTENCY } : {}),
    },
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: !route.body.safeParse(undefined).success,
            content: { 'application/json': { schema: route.body } },
          },
        }),
    responses: {
      200: {
        description: 'done',
        content: {
          [route.answer.kind === 'json' ? 'application/json' : 'text/event-stream']: { schema: route.answer.schema },
        },
      },
      ...refusals(problemCodesOf(route)),
    },
  };
}

/** One response for each status, with the codes that it can have. */
function refusals(codes: readonly ProblemCode[]): ZodOpenApiResponsesObject {
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, some]) => [
      String(status),
      {
        description: some.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('. '),
        content: {
          'application/problem+json': {
            schema: {
              allOf: [
                { $ref: '#/components/schemas/Problem' },
                { type: 'object' as const, properties: { code: { enum: some } } },
              ],
            },
          },
        },
      },
    ]),
  );
}

function fieldsOf(schema: z.ZodObject): boolean {
  return Object.keys(schema.shape).length > 0;
}

const readiness = z.object({ ready: z.boolean(), checks: z.record(z.string(), z.string()) }).meta({ id: 'Readiness' });
const json = (schema: z.ZodType) => ({ content: { 'application/json': { schema } } });

// They look at the database themselves, and answer what they find.
const HEALTH_REFUSALS = refusals(ANY_CALL.filter((code) => code !== 'database_unavailable'));

function health(
  operationId: string,
  summary: string,
  responses: ZodOpenApiResponsesObject,
): ZodOpenApiPathsObject[string] {
  return {
    get: { operationId, summary, tags: ['health'], security: [], responses: { ...responses, ...HEALTH_REFUSALS } },
  };
}

const HEALTH_PATHS: ZodOpenApiPathsObject = {
  '/livez': health('livez', 'is the process alive?', {
    200: { description: 'yes', ...json(z.object({ alive: z.literal(true), version: z.string() })) },
  }),
  '/readyz': health('readyz', 'can it do its work? If not, what is missing?', {
    200: { description: 'yes', ...json(readiness) },
    503: { description: 'no', ...json(readiness) },
  }),
  '/metrics': health('metrics', 'numbers for Prometheus', {
    200: { description: 'text exposition format', content: { 'text/plain': { schema: z.string() } } },
  }),
};
