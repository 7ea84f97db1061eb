import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@orchestra-brake/client';
import { problem } from '@orchestra/pause-core/contract';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ROOT } from './document.ts';
import { testOrchestra } from './test-orchestra.ts';

// Four tellings of one contract: the routes as they are written, as they are served, as the OpenAPI documents have
// them, and as the client calls them. What is in one and not in another fails here.

/** Calls that are not for a program with a client. */
const NOT_FOR_THE_CLIENT: Record<string, string> = {
  'POST /api/session': 'the page signs in with it; a program sends its token',
  'DELETE /api/session': 'the page’s',
  'POST /api/hooks/claude-code': 'Claude Code sends it',
  'POST /api/senate/alerts/alertmanager': 'Alertmanager calls it, in its own format',
};
const HEALTH = ['GET /livez', 'GET /readyz', 'GET /metrics'];

const response = z.looseObject({
  content: z.record(
    z.string(),
    z.looseObject({
      schema: z.looseObject({
        allOf: z
          .array(
            z.looseObject({
              properties: z.looseObject({ code: z.looseObject({ enum: z.array(z.string()) }) }).optional(),
            }),
          )
          .optional(),
      }),
    }),
  ),
});
const document = z.looseObject({
  openapi: z.string().regex(/^3\.1\./),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({
        operationId: z.string(),
        security: z.array(z.unknown()).optional(),
        responses: z.record(z.string(), response),
      }),
    ),
  ),
});
type Service = 'pause-api' | 'worker-claimer';

const running = testOrchestra();
let documented: Record<Service, Map<string, z.infer<typeof document>['paths'][string][string]>>;

beforeAll(async () => {
  const { ready } = running;
  documented = {
    'pause-api': await operationsOf(ready.pause_api),
    'worker-claimer': await operationsOf(ready.worker_claimer),
  };
});

async function operationsOf(url: string) {
  const { paths } = document.parse(await (await fetch(`${url}/openapi.json`)).json());
  return new Map(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, operation]) =>
          [`${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`, operation] as const,
      ),
    ),
  );
}

const listedCodes = (one: z.infer<typeof response> | undefined): string[] =>
  one?.content['application/problem+json']?.schema.allOf?.flatMap(({ properties }) => properties?.code.enum ?? []) ??
  [];
const everywhere = (): string[] => sorted(Object.values(documented).flatMap((operations) => [...operations.keys()]));
const calls = (): string[] => everywhere().filter((call) => !HEALTH.includes(call));
const sorted = (names: Iterable<string>): string[] => [...new Set(names)].toSorted();

describe('the contract', () => {
  test('every route that is written is in a document, and the other way round', () => {
    const files = globSync(['services/*/src/**/*.ts', 'packages/{operator-routes,service-shell}/src/**/*.ts'], {
      cwd: ROOT,
    }).filter((file) => !file.endsWith('.test.ts'));
    const written = files.flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(/(?:method: '(\w+)',\s*)?path: '(\/api\/[^']+)'/g)].map(
        ([, method = 'get', path = '']) => `${method.toUpperCase()} ${path}`,
      ),
    );
    expect(written.length).toBeGreaterThan(20);
    expect(sorted(written)).toEqual(calls());
  });

  test('every call of a document is served: without a token it is refused for want of one, and not for want of a route', async () => {
    for (const [service, url] of [
      ['pause-api', running.ready.pause_api],
      ['worker-claimer', running.ready.worker_claimer],
    ] as const) {
      for (const [call, operation] of documented[service]) {
        const [method = '', path = ''] = call.split(' ');
        const { status } = await fetch(url + path.replaceAll(/:\w+/g, '1'), { method });
        const open = operation.security?.length === 0;
        expect([service, call, status]).toEqual([service, call, open ? expect.not.toBeOneOf([404, 405, 500]) : 401]);
      }
    }
  });

  test('every operation has a name of its own, an answer, and what a refusal looks like', () => {
    for (const operations of Object.values(documented)) {
      const names = [...operations.values()].map(({ operationId }) => operationId);
      expect(names).toEqual([...new Set(names)]);
      for (const [call, { responses }] of operations)
        expect([call, Object.keys(responses)]).toEqual([call, expect.arrayContaining(['200', '400', '500'])]);
    }
  });

  test('what a call is refused with is in its list', async () => {
    const {
      token,
      ready: { pause_api, worker_claimer },
    } = running;
    const senders = [{}, { authorization: 'Bearer orc_wrong' }, { authorization: `Bearer ${token}` }];
    for (const [service, url] of [
      ['pause-api', pause_api],
      ['worker-claimer', worker_claimer],
    ] as const) {
      for (const [call, { responses }] of documented[service]) {
        const [method = '', path = ''] = call.split(' ');
        for (const [id, body] of [
          ['no-id', '{'],
          ['999999', '{"run_id": "0197f6a0-0000-7000-8000-000000000000", "reason": "a walk"}'],
        ] as const) {
          for (const headers of senders) {
            const answer = await fetch(url + path.replaceAll(/:\w+/g, id), {
              method,
              headers: { ...headers, 'content-type': 'application/json' },
              ...(method === 'GET' ? {} : { body }),
            });
            if (answer.ok) await answer.body?.cancel();
            else
              expect([service, call, listedCodes(responses[answer.status])]).toEqual([
                service,
                call,
                expect.arrayContaining([problem.parse(await answer.json()).code]),
              ]);
          }
        }
      }
    }
  });

  test('the cascade has no calls: it serves its health and nothing else', async () => {
    for (const path of ['/openapi.json', '/api/senate/alerts', '/api/tasks', '/docs'])
      expect((await fetch(running.ready.alert_cascade + path)).status).toBe(404);
    for (const call of HEALTH)
      expect((await fetch(running.ready.alert_cascade + call.slice('GET '.length))).status).toBe(200);
  });

  test('the client has every call that is for programs, and makes none that is not served', async () => {
    const made = await callsOfTheClient();
    for (const { service, call } of made)
      expect([service, [...documented[service].keys()]]).toEqual([service, expect.arrayContaining([call])]);
    const exceptions = Object.keys(NOT_FOR_THE_CLIENT);
    expect(sorted([...made.map(({ call }) => call), ...exceptions])).toEqual(calls());
    expect(made.map(({ call }) => call).filter((call) => exceptions.includes(call))).toEqual([]);
  });
});

/** What each method of the client calls, whatever it is given. */
async function callsOfTheClient(): Promise<{ service: Service; call: string }[]> {
  const made: { service: Service; call: string }[] = [];
  const addresses = { 'pause-api': 'http://pause.example', 'worker-claimer': 'http://tasks.example' } as const;
  const refusing: typeof fetch = (asked, init) => {
    const url = new URL(asked instanceof Request ? asked.url : asked);
    const service: Service = url.origin === addresses['pause-api'] ? 'pause-api' : 'worker-claimer';
    const path = url.pathname
      .split('/')
      .map((part) => (part === '7' ? ':id' : part))
      .join('/');
    made.push({ service, call: `${init?.method ?? 'GET'} ${path}` });
    const problem = {
      type: 'urn:orchestra:problem:not_found',
      title: 'no',
      status: 404,
      code: 'not_found',
      detail: 'no',
    };
    return Promise.resolve(
      Response.json(problem, { status: 404, headers: { 'content-type': 'application/problem+json' } }),
    );
  };
  const client = createClient({
    url: addresses['pause-api'],
    tasksUrl: addresses['worker-claimer'],
    token: 'orc_t',
    fetch: refusing,
  });
  for (const [name, method] of Object.entries(client)) {
    const before = made.length;
    // An id where it takes one; where it takes a request, nothing looks at it before it is sent.
    const answer: unknown = Reflect.apply(method, client, name === 'events' ? [] : ['7', '7']);
    const refused =
      typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer
        ? (answer as AsyncGenerator).next()
        : answer;
    await expect(refused, name).rejects.toMatchObject({ code: 'not_found' });
    expect([name, made.length - before]).toEqual([name, 1]);
  }
  return made;
}
