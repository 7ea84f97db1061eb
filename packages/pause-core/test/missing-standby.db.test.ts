import { makePool } from '@orchestra/database';
import { startOwnServer, until, type TestServer } from '@orchestra/testkit';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createListenHub } from '../src/replica/index.ts';

// A primary whose only synchronous standby is not there: what commits waits for it, and a session that has sent a
// notification keeps all others from sending one.
let server: TestServer;

beforeAll(async () => {
  server = await startOwnServer({ fsync: 'off', wal_level: 'replica', max_wal_senders: 5, max_connections: 30 });
  await sql('create table written (n int)');
});
afterAll(() => server.stop());

/** Waits for no standby. */
async function sql<Row extends Record<string, unknown>>(statement: string, values: unknown[] = []): Promise<Row[]> {
  const pool = makePool({
    connectionString: server.url,
    applicationName: 'aside',
    max: 1,
    schema: 'as given',
    settings: { synchronous_commit: 'local' },
  });
  try {
    return (await pool.query<Row>(statement, values)).rows;
  } finally {
    await pool.end();
  }
}

const askFor = async (standbys: string): Promise<void> => {
  await sql(`alter system set synchronous_standby_names = '${standbys}'`);
  await sql('select pg_reload_conf()');
  await until(
    'the setting holds',
    async () =>
      (await sql<{ now: string }>("select current_setting('synchronous_standby_names') as now"))[0]?.now === standbys,
  );
};

const sessionsOf = async (name: string): Promise<{ wait_event: string | null; began: string }[]> =>
  sql('select a.wait_event, a.query_start::text as began from pg_stat_activity a where a.application_name = $1', [
    name,
  ]);

/** @param statementTimeoutMs two seconds later the client gives up */
function poolOf(applicationName: string, max: number, statementTimeoutMs: number) {
  const pool = makePool({ connectionString: server.url, applicationName, max, statementTimeoutMs, schema: 'as given' });
  onTestFinished(() => pool.end());
  return pool;
}

/** A commit that waits for the standby and has rung a bell. */
async function ringAndWait(n: number): Promise<void> {
  const pool = poolOf(`rings ${n}`, 1, 60_000);
  onTestFinished(() => askFor(''));
  await askFor('missing');
  // Ends when the standby is asked for no more
  pool.query(`with w as (insert into written values (${n})) select pg_notify('x', '')`).catch(() => {});
  await until('it waits for the standby', async () =>
    (await sessionsOf(`rings ${n}`)).some(({ wait_event: event }) => event === 'SyncRep'),
  );
}

test('a service that tries again and again keeps to its connections, and goes on once the standby is there', async () => {
  const pool = poolOf('tries', 3, 200);
  onTestFinished(() => askFor(''));
  await askFor('missing');
  let most = 0;
  let refused = 0;
  await until(
    'it has given up more often than it has connections',
    async () => {
      const tries = await Promise.allSettled(
        Array.from({ length: 4 }, () => pool.query('insert into written values (1)')),
      );
      refused += tries.filter(({ status }) => status === 'rejected').length;
      const sessions = await sessionsOf('tries');
      most = Math.max(most, sessions.length);
      return refused > 20 && sessions.filter(({ wait_event: event }) => event === 'SyncRep').length === 3;
    },
    60_000,
  );
  // One more asks whether these have ended.
  expect(most).toBeLessThanOrEqual(3 + 1);
  await askFor('');
  await until(
    'it writes again, with all of its connections',
    async () => {
      const tries = await Promise.allSettled(
        Array.from({ length: 3 }, () => pool.query('insert into written values (2)')),
      );
      return tries.every(({ status }) => status === 'fulfilled') && pool.totalCount === 3;
    },
    30_000,
  );
  // What was given up was committed all the same, as the error said that it might be.
  expect(await sql<{ n: number }>('select n from written where n = 1')).toHaveLength(3);
});

test('who waits to ring a bell behind such a commit is told so by the server, and changes nothing', async () => {
  const pool = poolOf('waits', 1, 3_000);
  await pool.query('select');
  await ringAndWait(3);
  await expect(
    pool.query("with w as (insert into written values (4)) select pg_notify('x', '')"),
  ).rejects.toMatchObject({ code: '55P03' });
  await askFor('');
  await until('the first is written', async () => (await sql('select from written where n = 3')).length === 1);
  expect(await sql('select from written where n = 4')).toHaveLength(0);
});

test('a listener keeps its one connection while no bell can be rung', async () => {
  const lost: Error[] = [];
  const hub = createListenHub({
    connectionString: server.url,
    applicationName: 'listens',
    onBell: () => {},
    onLost: (error) => {
      lost.push(error);
    },
    pingEveryMs: 20,
    pingTimeoutMs: 6_000,
  });
  onTestFinished(() => hub.close());
  await hub.start();
  await ringAndWait(5);
  const waitsSince = async (): Promise<string | undefined> =>
    (await sessionsOf('listens')).find(({ wait_event: event }) => event === 'object')?.began;
  const first = await until('its ping waits', waitsSince);
  await until('its next one waits, for the server has given up the first', async () => {
    const now = await waitsSince();
    return now !== undefined && now !== first;
  });
  expect(await sessionsOf('listens')).toHaveLength(1);
  expect(lost).toEqual([]);
});
