import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Resolver } from './checked-lookup.ts';
import { outcomeOfAnswer, outcomeOfError } from './outcome.ts';
import { post } from './post.ts';

let server: Server;
let port: number;
let asked: { request: IncomingMessage; body: string }[];
let answer: (response: ServerResponse) => void;

beforeEach(async () => {
  asked = [];
  answer = (response) => response.end('ok');
  server = createServer((request, response) => {
    void request
      .setEncoding('utf8')
      .toArray()
      .then((parts) => {
        asked.push({ request, body: parts.join('') });
        answer(response);
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const REQUEST = { headers: { 'content-type': 'application/json', 'webhook-id': 'x' }, body: '{"says":"é"}' };
const { signal } = new AbortController();
const to = (host: string, allowPrivate: boolean) => ({ url: new URL(`http://${host}:${port}/hook?a=1`), allowPrivate });

describe('a call', () => {
  test('is one POST with its headers and body, over a connection of its own', async () => {
    await expect(post(to('127.0.0.1', true), REQUEST, { signal })).resolves.toEqual({
      status: 200,
      text: 'ok',
      retryAfter: undefined,
    });
    expect(asked).toMatchObject([
      {
        body: REQUEST.body,
        request: {
          method: 'POST',
          url: '/hook?a=1',
          headers: { 'webhook-id': 'x', 'content-length': '13', 'user-agent': 'Orchestra' },
        },
      },
    ]);
  });

  test('does not follow a redirect', async () => {
    answer = (response) => response.writeHead(302, { location: `http://127.0.0.1:${port}/secret` }).end();
    await expect(post(to('127.0.0.1', true), REQUEST, { signal })).resolves.toMatchObject({ status: 302 });
    expect(asked).toHaveLength(1);
  });

  test('reads no more than the beginning of an answer, however long it is', async () => {
    let closed: Promise<unknown> | undefined;
    answer = (response) => {
      closed = new Promise((resolve) => {
        response.on('close', resolve);
      });
      const pour = (): void => {
        while (response.write('x'.repeat(65_536)));
      };
      response.on('drain', pour);
      pour();
    };
    const { text } = await post(to('127.0.0.1', true), REQUEST, { signal });
    expect(text).toHaveLength(4_096);
    await closed;
  });

  test.each([
    ['never answers', () => {}],
    [
      'never ends its answer',
      (response: ServerResponse) => {
        response.writeHead(200).write('x');
      },
    ],
  ])('a receiver that %s is given up', async (_name, silent) => {
    answer = silent;
    await expect(post(to('127.0.0.1', true), REQUEST, { signal, timeLimitMs: 200 })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });

  test('a receiver that would change the protocol is given up at once', async () => {
    answer = (response) => {
      response.socket?.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n');
    };
    await expect(post(to('127.0.0.1', true), REQUEST, { signal })).rejects.toThrow(
      'the connection ended without an answer',
    );
  }, 5_000);

  test('ends when it is told to', async () => {
    const ending = new AbortController();
    answer = () => ending.abort(new Error('stopping'));
    await expect(post(to('127.0.0.1', true), REQUEST, { signal: ending.signal })).rejects.toThrow('stopping');
  });
});

describe('where notices must not go', () => {
  test.each([
    '127.0.0.1',
    '[::1]',
    '169.254.169.254',
    '[::ffff:127.0.0.1]',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    'localhost',
  ])('%s is refused before anything is sent', async (host) => {
    await expect(post(to(host, false), REQUEST, { signal })).rejects.toMatchObject({ name: 'AddressRefusedError' });
    expect(asked).toEqual([]);
  });

  const answering =
    (...addresses: string[]): Resolver =>
    (_host, told) =>
      told(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );

  test('a name that stands there, also with one of its addresses only', async () => {
    await expect(
      post(to('rebind.example', false), REQUEST, { signal, resolve: answering('127.0.0.1') }),
    ).rejects.toMatchObject({ name: 'AddressRefusedError' });
    await expect(
      post(to('rebind.example', false), REQUEST, { signal, resolve: answering('203.0.114.1', '10.0.0.7') }),
    ).rejects.toThrow('10.0.0.7');
    expect(asked).toEqual([]);
  });

  test('the address that was looked at is the one that is called: a name is asked once', async () => {
    let times = 0;
    const resolve: Resolver = (host, told) => {
      times += 1;
      answering(times === 1 ? '127.0.0.1' : '127.0.0.99')(host, told);
    };
    await expect(post(to('hook.example', true), REQUEST, { signal, resolve })).resolves.toMatchObject({ status: 200 });
    expect(times).toBe(1);
    expect(asked[0]?.request.headers.host).toBe(`hook.example:${port}`);
  });

  test('a name that is not known is told as such', async () => {
    const resolve: Resolver = (_host, told) =>
      told(Object.assign(new Error('getaddrinfo ENOTFOUND nowhere.example'), { code: 'ENOTFOUND' }), []);
    await expect(post(to('nowhere.example', false), REQUEST, { signal, resolve })).rejects.toThrow('ENOTFOUND');
  });

  test('a name without an address is told as such', async () => {
    await expect(post(to('empty.example', false), REQUEST, { signal, resolve: answering() })).rejects.toThrow(
      'empty.example has no address',
    );
  });
});

describe('what an answer means', () => {
  const NOW = new Date('2026-11-21T03:00:00.000Z');
  const of = (status: number, retryAfter?: string, kind: 'standard' | 'slack' | 'pagerduty' = 'standard') =>
    outcomeOfAnswer(kind, { status, text: 'no\u001b', retryAfter }, NOW);

  test('2xx: delivered', () => {
    for (const status of [200, 201, 202, 204]) expect(of(status)).toEqual({ result: 'delivered' });
  });

  test('410: gone', () => {
    expect(of(410)).toEqual({ result: 'gone', why: '410: no\\x1b' });
  });

  test.each([500, 502, 503, 429, 408, 401, 403, 404, 301, 302])(
    '%i: the target is left alone for a while',
    (status) => {
      expect(of(status)).toMatchObject({ result: 'failed', whole: true, waitMs: 0 });
    },
  );

  test('a refusal of this very notice leaves the others alone; Slack and PagerDuty mean 400 for good', () => {
    expect(of(422)).toMatchObject({ result: 'failed', whole: false });
    expect(of(400)).toMatchObject({ result: 'failed', whole: false });
    for (const kind of ['slack', 'pagerduty'] as const)
      expect(of(400, undefined, kind)).toMatchObject({ result: 'refused' });
  });

  test.each([
    ['120', 120_000],
    ['0', 0],
    ['999999', 3_600_000],
    ['Sat, 21 Nov 2026 03:00:30 GMT', 30_000],
    ['Sat, 21 Nov 2026 02:00:00 GMT', 0],
    ['soon', 0],
  ])('Retry-After: %s', (header, waitMs) => {
    expect(of(503, header)).toMatchObject({ waitMs });
  });

  test('no answer is the target’s failure, and says why', () => {
    expect(
      outcomeOfError(
        new AggregateError([new Error('connect ECONNREFUSED ::1'), new Error('connect ECONNREFUSED 127.0.0.1')]),
      ),
    ).toEqual({
      result: 'failed',
      why: 'connect ECONNREFUSED ::1; connect ECONNREFUSED 127.0.0.1',
      whole: true,
      waitMs: 0,
    });
  });
});
