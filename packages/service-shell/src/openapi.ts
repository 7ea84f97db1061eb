import { problem } from '@orchestra/pause-core/contract';
import { z } from 'zod';
import { createDocument, type ZodOpenApiObject, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { PROBLEMS } from './problem.ts';
import type { Route } from './route.ts';

export type OpenApiDocument = ReturnType<typeof createDocument>;

const IDEMPOTENCY = z.object({
  'Idempotency-Key': z.string().optional().meta({
    description: '1 to 200 printable ASCII characters. Repeating a call with its key does nothing twice: it gets the first answer.', example: 'pause-skeptic-1',
  }),
});

/** The OpenAPI 3.1 document of a service, made from the routes that it serves. */
export function describeRoutes(info: ZodOpenApiObject['info'], routes: readonly Route[]): OpenApiDocument {
  const paths: ZodOpenApiPathsObject = { ...HEALTH_PATHS };
  for (const route of routes) {
    const path = route.path.replaceAll(/:([a-z_]+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operation(route) };
  }
  return createDocument({
    openapi: '3.1.0',
    info,
    paths,
    security: [{ token: [] }],
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer', description: '`orchestra token create` makes one' } } },
  });
}

function operation(route: Route): ZodOpenApiOperationObject {
  const changes = route.method !== 'get';
  return {
    operationId: `${route.method}${route.path.replaceAll(/[^A-Za-z]+(.?)/g, (_match, next: string) => next.toUpperCase())}`,
    summary: route.summary,
    description: `${route.description === undefined ? '' : `${route.description}\n\n`}${route.permission === null ? 'Needs no token.' : `Needs the permission \`${route.permission}\`.`}`,
    ...(route.permission === null ? { security: [] } : {}),
    tags: [route.path.split('/')[2] ?? 'service'],
    requestParams: {
      ...(fieldsOf(route.params) ? { path: route.params } : {}),
      ...(fieldsOf(route.query) ? { query: route.query } : {}),
      ...(changes ? { header: IDEMPOTENCY } : {}),
    },
    ...(route.body === undefined ? {} : { requestBody: { required: !route.body.safeParse(undefined).success, content: { 'application/json': { schema: route.body } } } }),
    responses: {
      200: { description: 'done', content: { [route.answer.kind === 'json' ? 'application/json' : 'text/event-stream']: { schema: route.answer.schema } } },
      default: { description: REFUSALS, content: { 'application/problem+json': { schema: problem } } },
    },
  };
}

const REFUSALS = `a refusal: ${Object.entries(PROBLEMS).map(([code, { status }]) => `\`${code}\` (${status})`).join(', ')}`;

function fieldsOf(schema: z.ZodObject): boolean {
  return Object.keys(schema.shape).length > 0;
}

const readiness = z.object({ ready: z.boolean(), checks: z.record(z.string(), z.string()) }).meta({ id: 'Readiness' });
const json = (schema: z.ZodType) => ({ content: { 'application/json': { schema } } });

const HEALTH_PATHS: ZodOpenApiPathsObject = {
  '/livez': { get: { operationId: 'livez', summary: 'is the process alive?', tags: ['health'], security: [], responses: { 200: { description: 'yes', ...json(z.object({ alive: z.literal(true), version: z.string() })) } } } },
  '/readyz': { get: { operationId: 'readyz', summary: 'can it do its work? If not, what is missing?', tags: ['health'], security: [], responses: { 200: { description: 'yes', ...json(readiness) }, 503: { description: 'no', ...json(readiness) } } } },
  '/metrics': { get: { operationId: 'metrics', summary: 'numbers for Prometheus', tags: ['health'], security: [], responses: { 200: { description: 'text exposition format', content: { 'text/plain': { schema: z.string() } } } } } },
};
