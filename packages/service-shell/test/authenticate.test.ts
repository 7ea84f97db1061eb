import { makePool } from '@orchestra/database';
import { createToken, listTokens, PauseError, revokeToken } from '@orchestra/pause-core';
import { mayDo, PERMISSIONS, ROLES } from '@orchestra/pause-core/contract';
import { FaultProxy, testDatabase, until } from '@orchestra/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { makeAuthenticator, route, type Listening } from '../src/index.ts';
import { bearer, serveApp } from './served.ts';

const database = testDatabase();
let service: Listening;

const routes = PERMISSIONS.map((permission) =>
  route({
    method: 'get',
    path: `/${permission}`,
    permission,
    summary: 'say who calls',
    answer: z.unknown(),
    handle: async ({ caller }) => caller,
  }),
);

beforeAll(async () => {
  service = await serveApp({ db: database.pool, routes });
});
afterAll(() => service.close());

const call = (path: string, headers: Record<string, string>): Promise<Response> =>
  fetch(service.url + path, { headers });

test('X02 whatever is wrong with a token, the answer is the same 401', async () => {
  const expired = await createToken(database.pool, { name: 'expired', role: 'admin', by: 'test', expiresInSeconds: 0 });
  const revoked = await createToken(database.pool, { name: 'revoked', role: 'admin', by: 'test' });
  await revokeToken(database.pool, { name: 'revoked', by: 'test' });
  const { authorization } = await bearer(database.pool);
  const good = authorization.slice('Bearer '.length);
  const wrong: Record<string, string>[] = [
    {},
    { authorization: 'Bearer' },
    { authorization: 'Bearer x' },
    { authorization: good },
    { authorization: `Basic ${good}` },
    { authorization: `Bearer ${good}x` },
    { authorization: `Bearer ${good.slice(0, -1)}` },
    { authorization: `Bearer ${good.slice(0, -4)}AAAA` },
    { authorization: `Bearer ${good}, Bearer ${good}` },
    { authorization: `Bearer ${expired}` },
    { authorization: `Bearer ${revoked}` },
    { cookie: `token=${good}` },
    { 'x-api-key': good },
  ];
  const bodies = new Set<string>();
  for (const headers of wrong) {
    const answer = await call('/read', headers);
    expect([headers, answer.status, answer.headers.get('www-authenticate')]).toEqual([
      headers,
      401,
      'Bearer realm="orchestra"',
    ]);
    bodies.add((await answer.text()).replace(/"instance":"[^"]*"/, ''));
  }
  expect((await call(`/read?access_token=${good}`, {})).status).toBe(401);
  expect(bodies.size).toBe(1);
  expect((await call('/read', { authorization: `bearer ${good}` })).status).toBe(200);
});

test('X04 who makes up tokens is told to go away; a right token from the same address is taken, new or not', async () => {
  const own = await serveApp({ db: database.pool, routes });
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(`${own.url}/read`, { headers })).status;
  const guess = (n: number): Record<string, string> => ({ authorization: `Bearer orc_${String(n).padStart(43, '0')}` });
  try {
    // A fleet with one revoked token makes up none.
    for (let round = 0; round < 4; round += 1) await Promise.all(Array.from({ length: 30 }, () => status(guess(0))));
    expect(await status(guess(0))).toBe(401);
    for (let round = 0; round < 4; round += 1)
      await Promise.all(Array.from({ length: 30 }, (_, n) => status(guess(round * 30 + n))));
    expect(await status(guess(121))).toBe(429);
    expect(await status(await bearer(database.pool, 'viewer'))).toBe(200);
  } finally {
    await own.close();
  }
});

test('every role may do what the table says and nothing else', async () => {
  for (const role of ROLES) {
    const headers = await bearer(database.pool, role);
    for (const permission of PERMISSIONS) {
      const answer = await call(`/${permission}`, headers);
      expect([role, permission, answer.status]).toEqual([role, permission, mayDo(permission, role) ? 200 : 403]);
    }
  }
});

test('a revoked token is refused within seconds, and what happened to it stays in the history', async () => {
  const headers = {
    authorization: `Bearer ${await createToken(database.pool, { name: 'leaver', role: 'viewer', by: 'dana' })}`,
  };
  expect((await call('/read', headers)).status).toBe(200);
  expect((await listTokens(database.pool)).find((token) => token.name === 'leaver')?.lastUsedAt).toBeInstanceOf(Date);
  await revokeToken(database.pool, { name: 'leaver', by: 'dana' });
  await until('the revoked token is refused', async () => (await call('/read', headers)).status === 401);
  const { rows } = await database.pool.query(
    "select action, by from senate_audit where data ->> 'name' = 'leaver' order by id",
  );
  expect(rows).toEqual([
    { action: 'token.created', by: 'dana' },
    { action: 'token.revoked', by: 'dana' },
  ]);
  const { rows: stored } = await database.pool.query<{ text: string }>('select t::text as text from api_tokens t');
  expect(stored.map((row) => row.text).join()).not.toContain(headers.authorization.slice('Bearer '.length));
});

test('who hears of revocations trusts for longer, and forgets at once', async () => {
  const hears = { now: true };
  const authenticator = makeAuthenticator(database.pool, { hearsRevocations: () => hears.now });
  const own = await serveApp({ db: database.pool, routes, authenticator });
  const token = await createToken(database.pool, { name: 'heard', role: 'viewer', by: 'dana' });
  const status = async (): Promise<number> =>
    (await fetch(`${own.url}/read`, { headers: { authorization: `Bearer ${token}` } })).status;
  try {
    expect(await status()).toBe(200);
    await revokeToken(database.pool, { name: 'heard', by: 'dana' });
    authenticator.forget();
    expect(await status()).toBe(401);
  } finally {
    await own.close();
  }
});

test('a name stands for one living token, and none may sign as the system', async () => {
  await createToken(database.pool, { name: 'twice', role: 'viewer', by: 'test' });
  const refused = (name: string): Promise<unknown> =>
    createToken(database.pool, { name, role: 'viewer', by: 'test' }).then(
      () => 'made',
      (error: unknown) => error instanceof PauseError && error.code,
    );
  expect(await refused('twice')).toBe('token_name_taken');
  expect(await refused('senate.auto')).toBe('token_name_taken');
  for (const alike of ['Twice', 'tw\u0456ce', 'tw\u200bice', 'Senate.auto', '\u0455enate.auto'])
    expect([alike, await refused(alike)]).toEqual([alike, 'token_name_taken']);
  expect(await Promise.all(['racer', 'Racer', 'r\u0430cer'].map(refused))).toEqual(
    expect.arrayContaining(['made', 'token_name_taken', 'token_name_taken']),
  );
  await revokeToken(database.pool, { name: 'twice', by: 'test' });
  await createToken(database.pool, { name: 'twice', role: 'viewer', by: 'test' });
  await createToken(database.pool, { name: 'short', role: 'viewer', by: 'test', expiresInSeconds: 0 });
  await createToken(database.pool, { name: 'short', role: 'viewer', by: 'test' });
  await expect(revokeToken(database.pool, { name: 'nobody', by: 'test' })).rejects.toMatchObject({
    code: 'token_not_found',
  });
});

test('with the database gone a token is not called wrong: 503; one that was good lately may still read', async () => {
  const proxy = await FaultProxy.before(database.url);
  const pool = makePool({ connectionString: proxy.url, applicationName: 'test' });
  const own = await serveApp({ db: pool, routes });
  const known = await bearer(database.pool);
  const unknown = await bearer(database.pool);
  const status = async (path: string, headers: Record<string, string>): Promise<number> =>
    (await fetch(own.url + path, { headers })).status;
  try {
    expect(await status('/read', known)).toBe(200);
    proxy.refuse();
    expect(await status('/read', unknown)).toBe(503);
    await until('the short trust is over', async () => (await status('/pause', known)) === 503);
    expect(await status('/read', known)).toBe(200);
    proxy.pass();
    expect(await status('/pause', known)).toBe(200);
  } finally {
    await own.close();
    await pool.end();
    await proxy.close();
  }
});
