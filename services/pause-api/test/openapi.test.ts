import { describe, expect, test } from 'vitest';
import { openApiDocument } from '../src/openapi.ts';
import { makeRoutes } from '../src/routes/index.ts';

const nothing = {} as never;
const routes = makeRoutes({
  brake: nothing,
  db: nothing,
  replica: nothing,
  streams: nothing,
  gateReports: nothing,
  metrics: nothing,
  settleTimeoutMs: undefined,
});
const document = openApiDocument(routes);

describe('X19 the document and the code hold the same routes', () => {
  test('each route of the code is in the document, and the other way round', () => {
    const inCode = [
      ...routes.map((route) => `${route.method} ${route.path.replaceAll(/:([a-z_]+)/g, '{$1}')}`),
      'get /livez',
      'get /readyz',
      'get /metrics',
    ];
    const inDocument = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
      Object.keys(item ?? {}).map((method) => `${method} ${path}`),
    );
    expect(inDocument.toSorted()).toEqual(inCode.toSorted());
  });

  test.each(routes.map((route) => [route.method, route.path, route] as const))('%s %s', (method, path, route) => {
    const operation = document.paths?.[path.replaceAll(/:([a-z_]+)/g, '{$1}')]?.[method];
    expect(operation?.summary).toBe(route.summary);
    expect(operation?.responses?.['200']).toBeDefined();
    const parameters = (operation?.parameters ?? []).map((parameter) =>
      'name' in parameter ? `${parameter.in} ${parameter.name}` : '',
    );
    const expected = [
      ...Object.keys(route.params.shape).map((name) => `path ${name}`),
      ...Object.keys(route.query.shape).map((name) => `query ${name}`),
      ...(method === 'get' ? [] : ['header Idempotency-Key']),
    ];
    expect(parameters.toSorted()).toEqual(expected.toSorted());
    expect(operation?.requestBody !== undefined).toBe(route.body !== undefined);
  });

  test('it asks for a token everywhere but on the health routes, and every reference in it resolves', () => {
    expect(document.security).toEqual([{ token: [] }]);
    for (const path of ['/livez', '/readyz', '/metrics']) expect(document.paths?.[path]?.get?.security).toEqual([]);
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
      (match) => match[1] ?? '',
    );
    expect(references.length).toBeGreaterThan(10);
    for (const name of new Set(references)) expect(document.components?.schemas?.[name]).toBeDefined();
  });
});
