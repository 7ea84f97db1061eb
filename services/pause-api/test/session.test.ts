import { revokeToken } from '@orchestra/pause-core';
import { sessionView, type SessionView } from '@orchestra/pause-core/contract';
import type { RunningService } from '@orchestra/service-shell';
import { testDatabase, until } from '@orchestra/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newToken, problemOf, startPauseApi, type Answer } from './started.ts';

const database = testDatabase();
let service: RunningService;
let operator: string;

beforeAll(async () => {
  service = await startPauseApi(database.url);
  operator = await newToken(database.pool, 'operator', 'dana');
});
afterAll(() => service.stop());

/** What a browser writes on a call that our own page makes. */
const OURS = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' };
const PAUSE = JSON.stringify({ scope_kind: 'agent', scope_value: 'skeptic', reason: 'a test' });

async function call<T = unknown>(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string,
): Promise<Answer<T>> {
  const answer = await fetch(service.url + path, { method, headers, ...(body === undefined ? {} : { body }) });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as T };
}

const signIn = (token: string, headers: Record<string, string> = OURS): Promise<Answer<SessionView>> =>
  call('POST', '/api/session', headers, JSON.stringify({ token }));
const cookieOf = (answer: Answer<unknown>): string => answer.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';

async function activePauses(): Promise<number> {
  return (await database.pool.query('select 1 from active_pauses')).rowCount ?? 0;
}

test('signing in sets a cookie that no script can read, says who it is, and is good for reading and for changes from the page', async () => {
  const answer = await signIn(operator);
  expect(answer.status).toBe(200);
  expect(sessionView.parse(answer.body)).toEqual({
    name: 'dana',
    role: 'operator',
    permissions: ['ask', 'read', 'add_tasks', 'post_alerts', 'pause'],
  });
  expect(answer.headers.getSetCookie()).toEqual([`orchestra_session=${operator}; Path=/; HttpOnly; SameSite=Strict`]);
  expect(JSON.stringify(answer.body)).not.toContain(operator);
  const cookie = cookieOf(answer);
  expect((await call('GET', '/api/session', { cookie })).body).toEqual(answer.body);
  expect((await call('GET', '/api/senate/pauses', { cookie })).status).toBe(200);
  expect(await call('POST', '/api/senate/pause', { ...OURS, cookie }, PAUSE)).toMatchObject({
    status: 200,
    body: { paused_by: 'dana' },
  });
  expect(
    (
      await call(
        'POST',
        '/api/senate/unpause',
        { ...OURS, cookie },
        JSON.stringify({ scope_kind: 'agent', scope_value: 'skeptic' }),
      )
    ).status,
  ).toBe(200);
});

test('the cookie is Secure where the page came over TLS', async () => {
  const behindTls = await signIn(operator, { ...OURS, origin: 'https://orchestra.example' });
  expect(behindTls.headers.getSetCookie()[0]).toMatch(/; Secure$/);
  expect((await signIn(operator, { ...OURS, 'x-forwarded-proto': 'https' })).headers.getSetCookie()[0]).toMatch(
    /; Secure$/,
  );
});

test('X26 a change by cookie that did not come from our own page, as JSON, is refused and changes nothing', async () => {
  const cookie = cookieOf(await signIn(operator));
  const { host } = new URL(service.url);
  const foreign: [Record<string, string>, number][] = [
    [{ 'content-type': 'application/json' }, 403], // says nothing about where it comes from
    [{ ...OURS, 'sec-fetch-site': 'cross-site' }, 403],
    [{ ...OURS, 'sec-fetch-site': 'same-site' }, 403], // another port of this host
    [{ ...OURS, 'sec-fetch-site': 'none' }, 403],
    [{ ...OURS, 'sec-fetch-site': 'cross-site', origin: service.url }, 403],
    [{ 'content-type': 'application/json', origin: 'http://evil.example' }, 403],
    [{ 'content-type': 'application/json', origin: 'null' }, 403],
    [{ 'content-type': 'application/json', origin: `http://${host}.evil.example` }, 403],
    [{ 'content-type': 'application/json', origin: 'http://127.0.0.1:1' }, 403],
    [{ 'content-type': 'application/json', origin: 'http://evil.example', 'x-forwarded-host': 'evil.example' }, 403],
    [{ ...OURS, 'content-type': 'text/plain' }, 415], // what a form can send
    [{ ...OURS, 'content-type': 'application/x-www-form-urlencoded' }, 415],
  ];
  for (const [headers, status] of foreign) {
    expect([headers, (await call('POST', '/api/senate/pause', { ...headers, cookie }, PAUSE)).status]).toEqual([
      headers,
      status,
    ]);
  }
  // Nor without a body: `fetch` leaves the type out then.
  const { rows } = await database.pool.query<{ id: string }>(
    "insert into senate_alerts (kind, ref_id, severity) values ('loop', 'acct-1', 'critical') returning id",
  );
  expect(
    (await call('POST', `/api/senate/alerts/${rows[0]?.id}/ack`, { 'sec-fetch-site': 'same-origin', cookie })).status,
  ).toBe(415);
  expect(await activePauses()).toBe(0);
  // An older browser, or plain HTTP to another machine: the origin alone says it.
  expect(
    (
      await call(
        'POST',
        '/api/senate/pause?dry_run=true',
        { 'content-type': 'application/json', origin: service.url, cookie },
        PAUSE,
      )
    ).status,
  ).toBe(200);
});

test('X26 nobody else signs a browser in or out', async () => {
  expect((await signIn(operator, { 'content-type': 'application/json', 'sec-fetch-site': 'cross-site' })).status).toBe(
    403,
  );
  expect((await signIn(operator, { 'content-type': 'text/plain', 'sec-fetch-site': 'same-origin' })).status).toBe(415);
  expect(
    (await call('DELETE', '/api/session', { 'content-type': 'application/json', 'sec-fetch-site': 'cross-site' }))
      .status,
  ).toBe(403);
});

test('signing out ends the cookie, not the token', async () => {
  const answer = await call('DELETE', '/api/session', { ...OURS, cookie: cookieOf(await signIn(operator)) });
  expect(answer).toMatchObject({ status: 200, body: { signed_out: true } });
  expect(answer.headers.getSetCookie()).toEqual(['orchestra_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0']);
  expect((await call('GET', '/api/session', { authorization: `Bearer ${operator}` })).status).toBe(200);
});

test('a header is not made up for by a cookie, and of two cookies none is taken', async () => {
  const cookie = cookieOf(await signIn(operator));
  for (const headers of [
    { cookie, authorization: 'Bearer nonsense' },
    { cookie, authorization: `Basic ${operator}` },
    { cookie: `${cookie}; orchestra_session=other` },
    { cookie: 'orchestra_session=' },
    { cookie: `xorchestra_session=${operator}` },
    { cookie: `orchestra_session="${operator}"` },
  ]) {
    expect(problemOf(await call('GET', '/api/senate/pauses', headers)).code).toBe('unauthenticated');
  }
});

test('P5 a session outlives a restart of the service, and ends with its token', async () => {
  const cookie = cookieOf(await signIn(await newToken(database.pool, 'operator', 'visitor')));
  await service.stop();
  service = await startPauseApi(database.url, { port: Number(new URL(service.url).port) });
  expect((await call('GET', '/api/session', { cookie })).body).toMatchObject({ name: 'visitor', role: 'operator' });
  await revokeToken(database.pool, { name: 'visitor', by: 'test' });
  await until(
    'the session has ended',
    async () => (await call('POST', '/api/senate/pause?dry_run=true', { ...OURS, cookie }, PAUSE)).status === 401,
  );
  expect((await signIn('orc_0000000000000000000000000000000000000000000')).status).toBe(401);
});

test('X04 after twenty sign-ins that failed the address is told to wait; a right token signs in at any time', async () => {
  const cookie = cookieOf(await signIn(operator));
  const own = await startPauseApi(database.url);
  try {
    const attempt = (token: string, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${own.url}/api/session`, {
        method: 'POST',
        headers: { ...OURS, ...headers },
        body: JSON.stringify({ token }),
      });
    const wrong = ['x', 'orc_0000000000000000000000000000000000000000000', 'x'.repeat(200)] as const;
    for (let count = 0; count < 19; count += 1) expect((await attempt(wrong[count % 3] ?? '')).status).toBe(401);
    const refused = await attempt(wrong[0]);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ code: 'too_many_sign_ins' });
    // A header that claims another address changes nothing.
    expect((await attempt(wrong[1], { 'x-forwarded-for': '192.0.2.7' })).status).toBe(429);
    expect((await attempt(operator)).status).toBe(200);
    expect((await fetch(`${own.url}/api/session`, { headers: { cookie } })).status).toBe(200);
    expect(
      (await fetch(`${own.url}/api/senate/pauses`, { headers: { authorization: `Bearer ${operator}` } })).status,
    ).toBe(200);
  } finally {
    await own.stop();
  }
});

test('the page is served at its own addresses, with its files found from there, and nowhere else', async () => {
  for (const [path, assets] of [
    ['/', './assets/'],
    ['/tasks', './assets/'],
    ['/tasks/12', '../assets/'],
    ['/pauses/7', '../assets/'],
    ['/alerts', './assets/'],
    ['/history', './assets/'],
  ] as const) {
    const answer = await fetch(service.url + path);
    expect([path, answer.status]).toEqual([path, 200]);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    const html = await answer.text();
    expect([...html.matchAll(/(?:src|href)="([^"]*assets\/)/g)].map(([, at]) => at)).toContain(assets);
    expect((await fetch(service.url + path, { method: 'POST' })).status).toBe(405);
  }
  for (const path of [
    '/tasks/x',
    '/pauses',
    '/pauses/0',
    '/tasks/1/',
    '/tasks/1/2',
    '/Tasks',
    '/index.html',
    '/alerts/',
    '/api/tasksx',
  ]) {
    expect([path, (await fetch(service.url + path)).status]).toEqual([path, 404]);
  }
});
