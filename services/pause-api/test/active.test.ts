import type { HeldNow } from '@orchestra/pause-core/contract';
import { heldNow } from '@orchestra/pause-core/contract';
import { inTransaction } from '@orchestra/database';
import { FaultProxy, testDatabase, until } from '@orchestra/testkit';
import type { RunningService } from '@orchestra/service-shell';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { caller, newToken, startPauseApi, type Caller } from './started.ts';

const database = testDatabase();
let proxy: FaultProxy;
let service: RunningService;
let dana: Caller;

beforeAll(async () => {
  proxy = await FaultProxy.before(database.url);
  service = await startPauseApi(proxy.url);
  dana = caller(service.url, await newToken(database.pool, 'operator'));
});
afterAll(async () => {
  await service.stop();
  await proxy.close();
});

const held = async (query = ''): Promise<HeldNow> => {
  const { status, body } = await dana.get<HeldNow>(`/api/senate/pauses/active${query}`);
  expect([status, body]).toEqual([200, expect.anything()]);
  return heldNow.parse(body);
};
const values = ({ pauses }: HeldNow): string[] | undefined => pauses?.map((pause) => pause.scope_value);

/** A pause that rings no bell. */
async function pauseSilently(value: string): Promise<void> {
  await inTransaction(database.pool, async (tx) => {
    await tx.query('alter table senate_pause disable trigger user');
    await tx.query("insert into senate_pause (scope_kind, scope_value, reason) values ('agent', $1, 'silent')", [
      value,
    ]);
    await tx.query('alter table senate_pause enable trigger user');
  });
}

test('P1 who asks for no age sees every pause that was committed before, also one that rang no bell', async () => {
  await held();
  for (const value of ['a', 'b', 'c']) {
    await pauseSilently(value);
    expect(values(await held('?max_age_ms=0'))).toContain(value);
  }
});

test('P6 an answer is not older than it was asked to be, whatever bells were lost, and says how old it is', async () => {
  // Else their becoming quiet rings the bell.
  await until('those of the other tests are quiet', async () =>
    (await held('?max_age_ms=0')).pauses?.every((pause) => pause.quiet_at !== null),
  );
  await pauseSilently('by-age');
  const committedAtMs = performance.now();
  for (;;) {
    const askedAtMs = performance.now();
    const answer = await held('?max_age_ms=300');
    expect(answer.age_ms).toBeLessThan(300 + performance.now() - askedAtMs);
    if (values(answer)?.includes('by-age')) break;
    expect(askedAtMs - committedAtMs).toBeLessThan(300);
  }
});

test('the list comes again only when it has changed', async () => {
  const { version } = await held('?max_age_ms=0');
  expect(await held(`?known=${version}`)).toMatchObject({ version, pauses: null });
  await dana.pause('skill', 'news', { ttl_seconds: 600 });
  const news = await held(`?max_age_ms=0&known=${version}`);
  expect(news.version).not.toBe(version);
  expect(news.pauses?.find((pause) => pause.scope_value === 'news')?.remaining_seconds).toBeGreaterThan(590);
});

test('P13 with the database away the answer is what is known, with its true age', async () => {
  const before = await held('?max_age_ms=0');
  proxy.blackhole();
  try {
    const aged = await until('it has grown old', async () => {
      const answer = await held('?max_age_ms=0');
      return answer.age_ms > 1_000 ? answer : undefined;
    });
    expect(values(aged)).toEqual(values(before));
  } finally {
    proxy.pass();
    proxy.cut();
  }
  await until('it is read again', async () => (await held('?max_age_ms=0')).age_ms < 1_000);
});

test.each(['max_age_ms=-1', 'max_age_ms=x', 'known=', 'limit=3'])('refuses %s', async (query) => {
  expect((await dana.get(`/api/senate/pauses/active?${query}`)).status).toBe(400);
});
