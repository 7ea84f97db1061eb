// A hot route is answered before express, by the same edge: whatever is sent, the answers do not differ.
import { testDatabase, until } from '@orchestra/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { makeMetrics, ProblemError, route, type Listening, type Metrics, type Route } from '../src/index.ts';
import { bearer, sendRaw, serveApp } from './served.ts';

const database = testDatabase();
const aborted: string[] = [];
let waiting = 0;

function routes(isHot: boolean): Route[] {
  return [
    route({
      method: 'post',
      path: '/things',
      permission: 'run_tasks',
      isHot,
      summary: 'make a thing',
      refuses: ['task_not_found'],
      answer: z.unknown(),
      body: z.strictObject({ kind: z.enum(['a', 'missing', 'broken']), name: z.string().optional() }),
      handle: async ({ body, idempotency, caller }) => {
        if (body.kind === 'missing')
          throw new ProblemError('task_not_found', 'there is none', { headers: { 'Retry-After': '7' } });
        if (body.kind === 'broken') throw new TypeError('select secret from hidden_table');
        return { made: body, by: caller.name, key: idempotency?.key ?? null };
      },
    }),
    route({
      method: 'post',
      path: '/wait',
      permission: 'run_tasks',
      isHot,
      summary: 'wait until the caller has gone',
      answer: z.unknown(),
      handle: async ({ gone }) => {
        waiting += 1;
        await new Promise<void>((resolve) => {
          gone.addEventListener('abort', () => resolve());
        });
        aborted.push(isHot ? 'hot' : 'cold');
        return {};
      },
    }),
  ];
}

const metrics: Record<'hot' | 'cold', Metrics> = { hot: makeMetrics('test'), cold: makeMetrics('test') };
const service: Partial<Record<'hot' | 'cold', Listening>> = {};
let worker: { authorization: string };
let reader: { authorization: string };

beforeAll(async () => {
  for (const kind of ['hot', 'cold'] as const) {
    service[kind] = await serveApp({
      db: database.pool,
      routes: routes(kind === 'hot'),
      metrics: metrics[kind],
      boundTo: { host: '127.0.0.1', hostNames: [] },
    });
  }
  worker = await bearer(database.pool, 'worker');
  reader = await bearer(database.pool, 'viewer');
});
afterAll(() => Promise.all([service.hot?.close(), service.cold?.close()]));

const JSON_BODY = 'Content-Type: application/json';

/** The bytes of a call, and the whole answer to them, without what differs from call to call. */
async function answerOf(
  kind: 'hot' | 'cold',
  head: readonly string[],
  body: string | Buffer = '',
  path = '/things',
): Promise<string> {
  const bytes = Buffer.from(body);
  const lines = [`POST ${path} HTTP/1.1`, ...head];
  if (!head.some((line) => /^(host):/i.test(line))) lines.push('Host: 127.0.0.1');
  if (bytes.length > 0 && !head.some((line) => /^(transfer-encoding|content-length):/i.test(line)))
    lines.push(`Content-Length: ${bytes.length}`);
  const answer = await sendRaw(
    service[kind]?.url ?? '',
    Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`), bytes]),
  );
  return answer.replace(/^Date: .*\r\n/m, '').replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID');
}

const good = '{"kind":"a","name":"ü𝄞"}';
const cases: [string, () => { head: string[]; body?: string | Buffer; path?: string }, number][] = [
  ['a good call', () => ({ head: [auth(), JSON_BODY], body: good }), 200],
  [
    'one with a request id and an Idempotency-Key',
    () => ({ head: [auth(), JSON_BODY, 'X-Request-Id: mine-1', 'Idempotency-Key: k 1'], body: good }),
    200,
  ],
  [
    'a body in chunks',
    () => ({
      head: [auth(), JSON_BODY, 'Transfer-Encoding: chunked'],
      body: `${Buffer.byteLength(good).toString(16)}\r\n${good}\r\n0\r\n\r\n`,
    }),
    200,
  ],
  [
    'a body in another charset',
    () => ({
      head: [auth(), 'Content-Type: application/json; charset=latin1'],
      body: Buffer.from('{"kind":"a","name":"ü"}', 'latin1'),
    }),
    200,
  ],
  ['one that waits for 100 Continue', () => ({ head: [auth(), JSON_BODY, 'Expect: 100-continue'], body: good }), 200],
  ['no token', () => ({ head: [JSON_BODY], body: good }), 401],
  [
    'a token that is none',
    () => ({ head: [`Authorization: Bearer orc_${'x'.repeat(43)}`, JSON_BODY], body: good }),
    401,
  ],
  ['two tokens', () => ({ head: [auth(), auth(), JSON_BODY], body: good }), 401],
  ['a token of another role', () => ({ head: [`Authorization: ${reader.authorization}`, JSON_BODY], body: good }), 403],
  ['what is no JSON', () => ({ head: [auth(), JSON_BODY], body: '{"kind"' }), 400],
  ['bytes that are not UTF-8', () => ({ head: [auth(), JSON_BODY], body: Buffer.from([0x22, 0xff, 0x22]) }), 400],
  ['a key given twice', () => ({ head: [auth(), JSON_BODY], body: '{"kind":"a","kind":"a"}' }), 400],
  ['a field that is not known', () => ({ head: [auth(), JSON_BODY], body: '{"kind":"a","more":1}' }), 400],
  ['no body', () => ({ head: [auth()] }), 400],
  ['a form', () => ({ head: [auth(), 'Content-Type: text/plain'], body: good }), 415],
  ['a compressed body', () => ({ head: [auth(), JSON_BODY, 'Content-Encoding: gzip'], body: good }), 415],
  ['a body that is too long', () => ({ head: [auth(), JSON_BODY], body: `{"name":"${'x'.repeat(300_000)}"}` }), 413],
  [
    'one that is too long and says no length',
    () => ({
      head: [auth(), JSON_BODY, 'Transfer-Encoding: chunked'],
      body: `49400\r\n${'x'.repeat(0x49400)}\r\n0\r\n\r\n`,
    }),
    413,
  ],
  ['two keys', () => ({ head: [auth(), JSON_BODY, 'Idempotency-Key: a', 'Idempotency-Key: b'], body: good }), 400],
  ['a query', () => ({ head: [auth(), JSON_BODY], body: good, path: '/things?limit=1' }), 400],
  ['another host', () => ({ head: [auth(), JSON_BODY, 'Host: elsewhere.example'], body: good }), 421],
  ['an expectation that nobody knows', () => ({ head: [auth(), JSON_BODY, 'Expect: tea'], body: good }), 417],
  ['a refusal of the handler, with a header', () => ({ head: [auth(), JSON_BODY], body: '{"kind":"missing"}' }), 404],
  ['what nobody foresaw', () => ({ head: [auth(), JSON_BODY], body: '{"kind":"broken"}' }), 500],
];

function auth(): string {
  return `Authorization: ${worker.authorization}`;
}

describe('a hot route answers as any other does', () => {
  test.each(cases)('%s', async (_name, make, status) => {
    const { head, body, path } = make();
    const hot = await answerOf('hot', head, body, path);
    expect(hot).toMatch(new RegExp(`^(HTTP/1.1 100 Continue\r\n\r\n)?HTTP/1.1 ${status} `));
    expect(hot).toContain('Content-Security-Policy: ');
    expect(hot).toBe(await answerOf('cold', head, body, path));
  });

  test('its answers are counted with the same labels', async () => {
    const counts = async (kind: 'hot' | 'cold'): Promise<string[]> =>
      (await metrics[kind].registry.metrics())
        .split('\n')
        .filter((line) => line.startsWith('orchestra_http_request_duration_seconds_count'))
        .toSorted();
    await until('both have told', async () => (await counts('hot')).length > 0 && (await counts('cold')).length > 0);
    expect(await counts('hot')).toEqual(await counts('cold'));
    expect((await counts('hot')).join('\n')).toContain('route="/things",status="200"');
  });

  test('a caller that goes away is told to its handler', async () => {
    for (const kind of ['hot', 'cold'] as const) {
      const caller = new AbortController();
      const call = fetch(`${service[kind]?.url}/wait`, {
        method: 'POST',
        headers: worker,
        signal: caller.signal,
      }).catch(() => 'gone');
      const before = waiting;
      await until('it waits', () => waiting > before || waiting === (kind === 'hot' ? 1 : 2));
      caller.abort();
      expect(await call).toBe('gone');
      await until('its handler knows', () => aborted.includes(kind));
    }
  });
});
