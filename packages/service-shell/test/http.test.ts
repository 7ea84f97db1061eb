import { problem, PROBLEM_CODES } from '@orchestra/pause-core/contract';
import { FaultProxy, testDatabase } from '@orchestra/testkit';
import { makePool } from '@orchestra/database';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { PROBLEMS, route, type Listening } from '../src/index.ts';
import { bearer, sendRaw, serveApp } from './served.ts';

const database = testDatabase();
let service: Listening;
let token: { authorization: string };
const seen: unknown[] = [];

const routes = [
  route({
    method: 'post',
    path: '/things',
    permission: 'pause',
    summary: 'make a thing',
    answer: z.unknown(),
    body: z.union([
      z.strictObject({ kind: z.enum(['a', 'b']), value: z.string(), size: z.int().optional() }),
      z.strictObject({ id: z.string().regex(/^\d+$/, 'must be digits') }),
    ]),
    handle: async (call) => {
      seen.push(call.body);
      return { made: call.body, key: call.idempotency?.key ?? null };
    },
  }),
  route({
    method: 'get',
    path: '/things/:id',
    permission: 'read',
    summary: 'read a thing',
    answer: z.unknown(),
    params: z.strictObject({ id: z.string().regex(/^\d+$/, 'must be digits') }),
    query: z.strictObject({ limit: z.coerce.number().int().max(200).optional() }),
    handle: async (call) => call.params,
  }),
  route({
    method: 'get',
    path: '/broken',
    permission: 'read',
    summary: 'fail',
    answer: z.unknown(),
    handle: async () => {
      throw new TypeError('select secret from hidden_table');
    },
  }),
  route({
    method: 'get',
    path: '/full',
    permission: 'read',
    summary: 'find no room',
    answer: z.unknown(),
    handle: async () => {
      throw Object.assign(new Error('could not extend file'), { code: '53100' });
    },
  }),
];

beforeAll(async () => {
  service = await serveApp({ db: database.pool, routes });
  token = await bearer(database.pool);
});
afterAll(() => service.close());

const call = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(service.url + path, {
    ...init,
    headers: {
      ...token,
      ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...Object.fromEntries(new Headers(init.headers)),
    },
  });
const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<Response> =>
  call('/things', { method: 'POST', body, headers });

async function refusal(answer: Response): Promise<{ status: number; code: string; fields: string[] | undefined }> {
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const text = await answer.text();
  expect(text).not.toMatch(/node_modules|\.ts:|\bat .+:\d+|hidden_table/);
  const document = problem.parse(JSON.parse(text));
  expect(document.status).toBe(answer.status);
  expect(document.instance).toBe(answer.headers.get('x-request-id'));
  return { status: document.status, code: document.code, fields: document.errors?.map((error) => error.field) };
}

test('every code of the closed list has a status and a title, and no other code has', () => {
  expect(Object.keys(PROBLEMS).toSorted()).toEqual([...PROBLEM_CODES].toSorted());
});

test('a good call passes, with its Idempotency-Key', async () => {
  const answer = await post('{"kind":"a","value":"ü𝄞"}', { 'idempotency-key': 'k 1' });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({ made: { kind: 'a', value: 'ü𝄞' }, key: 'k 1' });
});

describe('bad input is a 4xx that names the field, and reaches no handler', () => {
  const kib = (count: number): string => 'x'.repeat(count * 1_024);
  const bodies: [string, string | Uint8Array<ArrayBuffer>, number, string, string[]?][] = [
    ['not JSON', '{"kind":', 400, 'malformed_json'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400, 'malformed_json'],
    ['a bare value', '"x"', 400, 'invalid_request'],
    ['null', 'null', 400, 'invalid_request'],
    ['a list', '[]', 400, 'invalid_request'],
    ['forty thousand levels', '['.repeat(40_000) + ']'.repeat(40_000), 400, 'invalid_request'],
    ['a missing field', '{"kind":"a"}', 400, 'invalid_request', ['value']],
    ['a wrong type', '{"kind":"a","value":5}', 400, 'invalid_request', ['value']],
    ['a value that is not in the list', '{"kind":"c","value":"v"}', 400, 'invalid_request', ['kind']],
    [
      'unknown fields',
      '{"kind":"a","value":"v","source":"machine","paused_by":"me"}',
      400,
      'invalid_request',
      ['source', 'paused_by'],
    ],
    ['__proto__', '{"kind":"a","value":"v","__proto__":{"admin":true}}', 400, 'invalid_request', ['__proto__']],
    ['constructor', '{"kind":"a","value":"v","constructor":{"prototype":{}}}', 400, 'invalid_request', ['constructor']],
    ['the other shape of the union, wrong', '{"id":"x1"}', 400, 'invalid_request', ['id']],
    ['both shapes at once', '{"kind":"a","value":"v","id":"1"}', 400, 'invalid_request', ['id']],
    ['a fraction', '{"kind":"a","value":"v","size":1.5}', 400, 'invalid_request', ['size']],
    ['a body over 256 KiB', `{"value":"${kib(257)}"}`, 413, 'body_too_large'],
  ];
  test.each(bodies)('%s', async (_name, body, status, code, fields) => {
    const before = seen.length;
    const refused = await refusal(await post(body));
    expect(refused).toMatchObject({ status, code, ...(fields === undefined ? {} : { fields }) });
    expect(seen).toHaveLength(before);
  });

  test('twenty thousand unknown fields: the first fifty are named', async () => {
    const body = JSON.stringify(Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`f${index}`, 1])));
    expect((await refusal(await post(body))).fields).toHaveLength(50);
  });

  test('no body at all', async () => {
    expect(await refusal(await call('/things', { method: 'POST' }))).toMatchObject({
      status: 400,
      code: 'invalid_request',
    });
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=utf-16',
    'application/problem+json',
    'multipart/form-data',
  ])('a body that says it is %s', async (type) => {
    expect(await refusal(await post('{"kind":"a","value":"v"}', { 'content-type': type }))).toMatchObject({
      status: 415,
      code: 'unsupported_media_type',
    });
  });

  test.each(['utf8', 'UTF-8', '"utf-8"', "'utf-8'", 'us-ascii', 'utf-8; profile=x'])(
    'but a body in charset %s is read',
    async (charset) => {
      expect(
        (await post('{"kind":"a","value":"v"}', { 'content-type': `application/json; charset=${charset}` })).status,
      ).toBe(200);
    },
  );

  test('a body in ISO-8859-1 is read as that', async () => {
    const answer = await post(Buffer.from('{"kind":"a","value":"\u00e9"}', 'latin1'), {
      'content-type': 'application/json;charset=ISO-8859-1',
    });
    expect(await answer.json()).toMatchObject({ made: { value: '\u00e9' } });
  });

  test('a byte order mark is no part of the JSON; "identity" is no compression', async () => {
    expect((await post('\ufeff{"kind":"a","value":"v"}', { 'content-encoding': 'identity' })).status).toBe(200);
  });

  test('a compressed body', async () => {
    expect(await refusal(await post('{}', { 'content-encoding': 'gzip' }))).toMatchObject({ status: 415 });
  });

  test.each([
    ['/things/1?limit=5&limit=6', ['limit']],
    ['/things/1?a[b]=1', ['a[b]']],
    ['/things/1?limit=1e9', ['limit']],
    ['/things/1?limit=NaN', ['limit']],
    ['/things/1?__proto__=x', ['__proto__']],
    ['/things/x%00', ['id']],
  ])('%s', async (path, fields) => {
    expect(await refusal(await call(path))).toEqual({ status: 400, code: 'invalid_request', fields });
  });

  test('a path that cannot be decoded', async () => {
    expect(await refusal(await call('/things/%E0%A4%A'))).toMatchObject({ status: 400, code: 'invalid_request' });
  });

  test.each(['k'.repeat(201), 'ä', '\t'.repeat(3) + 'x\ty'])('an Idempotency-Key that is not one: %j', async (key) => {
    const raw = Buffer.from(
      `POST /things HTTP/1.1\r\nhost: x\r\nauthorization: ${token.authorization}\r\nidempotency-key: ` +
        `${key}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
      'latin1',
    );
    const answer = await sendRaw(service.url, raw);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"field":"Idempotency-Key"');
  });

  test('a body that is declared to be a gigabyte is refused before it is sent', async () => {
    const answer = await sendRaw(
      service.url,
      `POST /things HTTP/1.1\r\nhost: x\r\nauthorization: ${token.authorization}\r\nconnection: ` +
        `close\r\ncontent-type: application/json\r\ncontent-length: 1000000000\r\n\r\n{`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });
});

test('a body that is refused is not waited for: the connection is closed behind the answer', async () => {
  for (const [authorization, status] of [
    ['Bearer nobody', 401],
    [token.authorization, 413],
  ] as const) {
    const answer = await sendRaw(
      service.url,
      `POST /things HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-type: ` +
        `application/json\r\ncontent-length: 1000000\r\n\r\n{`,
    );
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
  }
});

test('who waits for 100-continue is told to go on when its body is wanted, and else refused before it sends one', async () => {
  const head = (authorization: string): string =>
    `POST /things HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\nconnection: ` +
    `close\r\ncontent-type: application/json\r\nexpect: 100-continue\r\ncontent-length: 24\r\n\r\n`;
  expect(await sendRaw(service.url, head('Bearer nobody'))).toMatch(/^HTTP\/1\.1 401 /);
  expect(await sendRaw(service.url, `${head(token.authorization)}{"kind":"a","value":"v"}`)).toMatch(
    /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /,
  );
});

describe('what Node.js would refuse by itself is refused like everything else', () => {
  test.each([
    [
      'an expectation that nobody knows',
      'GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: nonsense\r\n\r\n',
      417,
      'expectation_failed',
    ],
    ['a request without a Host', 'GET /livez HTTP/1.1\r\nconnection: close\r\n\r\n', 400, 'invalid_request'],
    ['what is no HTTP', 'hello\r\n\r\n', 400, 'invalid_request'],
    [
      'headers that are too long',
      `GET /livez HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
  ])('%s', async (_name, raw, status, code) => {
    const answer = await sendRaw(service.url, raw);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    for (const header of [
      'content-type: application/problem+json; charset=utf-8',
      'x-content-type-options: nosniff',
      'cache-control: no-store',
      'x-request-id: ',
    ])
      expect(head.toLowerCase()).toContain(header);
    expect(problem.parse(JSON.parse(body))).toMatchObject({ status, code });
  });
});

test('a service on loopback answers to its own names alone, its page and health as well', async () => {
  const own = await serveApp({
    db: database.pool,
    routes,
    boundTo: { host: '127.0.0.1', hostNames: ['brake.example'] },
  });
  const status = async (host: string): Promise<string | undefined> =>
    /^HTTP\/1\.1 (\d+)/.exec(
      await sendRaw(own.url, `GET /metrics HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`),
    )?.[1];
  try {
    expect(await Promise.all(['localhost', '[::1]:4400', 'brake.example', 'evil.example'].map(status))).toEqual([
      '200',
      '200',
      '200',
      '421',
    ]);
  } finally {
    await own.close();
  }
});

test('an unknown route is 404, a wrong method is 405 with what is allowed', async () => {
  expect(await refusal(await call('/nothing/here'))).toMatchObject({ status: 404, code: 'not_found' });
  for (const [path, method, allow] of [
    ['/things', 'GET', 'POST'],
    ['/things', 'PUT', 'POST'],
    ['/things/1', 'DELETE', 'GET, HEAD'],
    ['/livez', 'POST', 'GET, HEAD'],
    ['/things/1', 'OPTIONS', 'GET, HEAD'],
  ] as const) {
    const answer = await call(path, { method, headers: { 'x-http-method-override': 'GET' } });
    expect([method, path, answer.headers.get('allow')]).toEqual([method, path, allow]);
    expect(await refusal(answer)).toMatchObject({ status: 405, code: 'method_not_allowed' });
  }
  expect(await sendRaw(service.url, 'TRACE /things HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')).toMatch(
    /^HTTP\/1\.1 405 /,
  );
});

test('an error that nobody foresaw tells the client nothing of its insides, whatever NODE_ENV says', async () => {
  for (const mode of [undefined, 'development', 'production', 'test']) {
    if (mode === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = mode;
    expect(await refusal(await call('/broken'))).toMatchObject({ status: 500, code: 'internal_error' });
  }
});

test('every answer carries the headers that keep browsers safe', async () => {
  for (const path of ['/things/1', '/nothing', '/livez', '/broken']) {
    const { headers } = await call(path);
    expect({
      path,
      sniff: headers.get('x-content-type-options'),
      policy: headers.get('content-security-policy'),
      referrer: headers.get('referrer-policy'),
      cache: headers.get('cache-control'),
      poweredBy: headers.get('x-powered-by'),
      type: headers.get('content-type'),
    }).toEqual({
      path,
      sniff: 'nosniff',
      policy: expect.stringMatching(/^default-src 'none';.*frame-ancestors 'none'/),
      referrer: 'no-referrer',
      cache: 'no-store',
      poweredBy: null,
      type: expect.stringMatching(/charset=utf-8$/),
    });
  }
});

describe('the database gone for a while', () => {
  test('is a 503 with Retry-After, and all comes back by itself', async () => {
    const proxy = await FaultProxy.before(database.url);
    const pool = makePool({ connectionString: proxy.url, applicationName: 'test' });
    const own = await serveApp({
      db: pool,
      routes,
      checks: { listener: () => undefined },
      told: { alerts: () => 'are amiss' },
    });
    const read = (headers: Record<string, string> = token): Promise<Response> =>
      fetch(`${own.url}/things/1`, { headers });
    try {
      proxy.refuse();
      const answer = await read();
      expect(answer.headers.get('retry-after')).toBe('2');
      expect(await refusal(answer)).toMatchObject({ status: 503, code: 'database_unavailable' });
      expect((await fetch(`${own.url}/livez`)).status).toBe(200);
      const readiness = await fetch(`${own.url}/readyz`);
      expect(readiness.status).toBe(503);
      expect(await readiness.json()).toEqual({
        ready: false,
        checks: { database: 'cannot be reached', migrations: 'not known', listener: 'ok', alerts: 'are amiss' },
      });
      proxy.pass();
      expect((await read()).status).toBe(200);
      // What is only told makes nothing unready.
      const again = await fetch(`${own.url}/readyz`);
      expect(again.status).toBe(200);
      expect(await again.json()).toMatchObject({ ready: true, checks: { alerts: 'are amiss' } });
    } finally {
      await own.close();
      await pool.end();
      await proxy.close();
    }
  });
});

test('a server that lately had no room for a change is not ready, and says so', async () => {
  const own = await serveApp({ db: database.pool, routes });
  try {
    expect((await fetch(`${own.url}/readyz`)).status).toBe(200);
    expect(await refusal(await fetch(`${own.url}/full`, { headers: token }))).toMatchObject({
      status: 503,
      code: 'database_unavailable',
    });
    const readiness = await fetch(`${own.url}/readyz`);
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toMatchObject({ ready: false, checks: { database: 'its disk is full' } });
  } finally {
    await own.close();
  }
});

test('/metrics counts by route template, never by id', async () => {
  // No number: the measured times in the text hold every short row of digits sooner or later.
  await call('/things/the-thing-with-this-id');
  const text = await (await fetch(`${service.url}/metrics`)).text();
  expect(text).toContain('route="/things/:id"');
  expect(text).not.toContain('the-thing-with-this-id');
});
