// What the address, the role and the database say must not change what a session means, nor whether it works.
import { randomBytes } from 'node:crypto';
import {
  differingSettings,
  explainDatabaseFailure,
  inTransaction,
  makePool,
  SESSION_SETTINGS,
  withoutPassword,
  type Database,
  type PoolOptions,
} from '@orchestra/database';
import { FaultProxy, startPooler, testDatabase, until, type Pooler } from '@orchestra/testkit';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

const database = testDatabase();
const role = `orchestra_hostile_${randomBytes(4).toString('hex')}`;
let hostileUrl: string;
let pooler: Pooler;

const HOSTILE = {
  datestyle: "'German, DMY'",
  intervalstyle: "'iso_8601'",
  timezone: "'Pacific/Apia'",
  default_transaction_isolation: "'serializable'",
  standard_conforming_strings: 'off',
  bytea_output: "'escape'",
  extra_float_digits: '-15',
  statement_timeout: "'3s'",
  lock_timeout: "'1ms'",
  idle_session_timeout: "'2s'",
  transform_null_equals: 'on',
  enable_indexscan: 'off',
  jit: 'on',
  jit_above_cost: '0',
};

beforeAll(async () => {
  await database.pool.query(`create role ${role} superuser login password 'p'`);
  for (const [name, value] of Object.entries(HOSTILE))
    await database.pool.query(`alter role ${role} set ${name} = ${value}`);
  const url = new URL(database.url);
  url.username = role;
  url.password = 'p';
  hostileUrl = url.href;
  pooler = await startPooler(hostileUrl);
});
afterAll(async () => {
  await pooler.stop();
  await database.pool.query(`drop role ${role}`);
});

function poolOn(connectionString: string, options: Partial<PoolOptions> = {}): Database {
  const pool = makePool({ connectionString, applicationName: 'sessions', max: 2, ...options });
  onTestFinished(() => pool.end());
  return pool;
}

const WAYS: [string, () => string][] = [
  ['direct', () => hostileUrl],
  [
    'with options in the address',
    () => `${hostileUrl}?options=${encodeURIComponent('-c datestyle=sql,dmy -c timezone=Asia/Tokyo')}`,
  ],
  ['through a pooler in transaction mode', () => pooler.url],
];

test.each(WAYS)(
  'K7 %s: every session has the settings that Orchestra needs, whatever the role says',
  async (_way, address) => {
    const pool = poolOn(address(), { settings: { enable_indexscan: 'on' }, statementTimeoutMs: 7_000 });
    expect(await differingSettings(pool, { ...SESSION_SETTINGS, enable_indexscan: 'on' })).toEqual([]);
    const {
      rows: [row],
    } = await pool.query<{
      at: Date;
      timeout: string;
      text: string;
      none: boolean | null;
      isolation: string;
      jit: string;
    }>(
      String.raw`select timestamptz '2026-02-03 04:05:06Z' as at, current_setting('statement_timeout') as timeout,
                        '\n' as text, (null::int = null) as none,
                        current_setting('transaction_isolation') as isolation, current_setting('jit') as jit`,
    );
    expect(row).toEqual({
      at: new Date('2026-02-03T04:05:06Z'),
      timeout: '7s',
      text: String.raw`\n`,
      none: null,
      isolation: 'read committed',
      jit: 'off',
    });
    expect(
      await inTransaction(
        pool,
        async (tx) =>
          (
            await tx.query<{ one: string }>(
              "select current_setting('transaction_isolation') || ', ' || current_setting('DateStyle') as one",
            )
          ).rows[0]?.one,
      ),
    ).toBe('read committed, ISO, MDY');
  },
);

test('S1 through a pooler named statements of many connections meet in the same sessions, and none fails; nothing is left in a session', async () => {
  const pools = [poolOn(pooler.url), poolOn(pooler.url), poolOn(pooler.url)];
  const asked = pools.flatMap((pool, index) =>
    Array.from({ length: 20 }, (_, n) =>
      pool.query<{ n: number }>({ name: `named-${n % 3}`, text: `select ${n % 3} + $1::int as n`, values: [index] }),
    ),
  );
  expect((await Promise.all(asked)).map(({ rows }) => rows[0]?.n)).toEqual(
    pools.flatMap((_, index) => Array.from({ length: 20 }, (__, n) => (n % 3) + index)),
  );
  const [pool] = pools;
  await expect(pool?.query('select 1/0')).rejects.toMatchObject({ code: '22012' });
  expect((await pool?.query('select count(*)::int as n from pg_prepared_statements'))?.rows).toEqual([{ n: 0 }]);
  const raw = poolOn(database.url);
  await until('no transaction stays open behind the pooler', async () => {
    const { rows } = await raw.query<{ open: number }>(
      "select count(*)::int as open from pg_stat_activity where usename = $1 and state like 'idle in transaction%'",
      [role],
    );
    return rows[0]?.open === 0;
  });
});

test('a direct connection keeps its named statements', async () => {
  const pool = poolOn(database.url, { max: 1 });
  for (let n = 0; n < 2; n++) await pool.query({ name: 'kept', text: 'select $1::int', values: [n] });
  expect((await pool.query('select name from pg_prepared_statements')).rows).toEqual([{ name: 'kept' }]);
});

test('K8 held connections are open from the start, stay, and come again after they were lost', async () => {
  const pool = poolOn(database.url, { max: 3, held: 2, applicationName: 'held' });
  const open = async (): Promise<number[]> => {
    const { rows } = await database.pool.query<{ pid: number }>(
      "select pid from pg_stat_activity where application_name = 'held'",
    );
    return rows.map(({ pid }) => pid);
  };
  await until('both are open', async () => (await open()).length === 2);
  const first = await open();
  await database.pool.query('select pg_terminate_backend(pid) from unnest($1::int[]) as pid', [first]);
  await until('two others are open', async () => (await open()).filter((pid) => !first.includes(pid)).length === 2);
  expect(pool.totalCount).toBe(2);
});

test('K12 of a list the server is taken that takes changes, and another one when it does so no more', async () => {
  const [a, b] = await Promise.all([FaultProxy.before(database.url), FaultProxy.before(database.url)]);
  onTestFinished(async () => {
    await a.close();
    await b.close();
  });
  const [hostA, hostB] = [new URL(a.url).host, new URL(b.url).host];
  const list = new URL(database.url);
  const user = list.password === '' ? list.username : `${list.username}:${list.password}`;
  const text = `postgresql://${user}@${hostA},${hostB}${list.pathname}?target_session_attrs=read-write`;
  a.refuse();
  const pool = poolOn(text, { max: 1 });
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  a.pass();
  b.refuse();
  await until(
    'the first server is found',
    async () =>
      await pool.query('select 1').then(
        () => true,
        () => false,
      ),
  );
  a.refuse();
  const failure = await pool.query('select 1').then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(explainDatabaseFailure(failure, text)).toMatchObject({ code: 'database_unavailable', mayPass: true });
  expect(withoutPassword(text)).toContain(`${hostA},${hostB}`);
});
