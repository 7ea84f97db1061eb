import { SQLSTATE, sqlState } from '@orchestra/database';
import { startOwnServer, until, type TestServer } from '@orchestra/testkit';
import pg from 'pg';
import { expect, inject, onTestFinished, test } from 'vitest';
import { createListenHub } from '../src/replica/index.ts';

// PostgreSQL 17 brought the setting that makes the queue small. Filling the queue of an older server takes 8 GB.
const QUEUE_IS_HUGE = inject('postgresMajor') < 17;

async function connection(server: TestServer): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

test.skipIf(QUEUE_IS_HUGE)(
  'F05 a full notification queue: the hub keeps its connection, and hears again when the queue has drained',
  async () => {
    const server = await startOwnServer({ max_notify_queue_pages: 64 });
    onTestFinished(() => server.stop());
    const losses: Error[] = [];
    const bells: string[] = [];
    const hub = createListenHub({
      connectionString: server.url,
      applicationName: 'full',
      pingEveryMs: 5,
      onBell: (topic) => bells.push(topic),
      onLost: (error) => losses.push(error),
    });
    onTestFinished(() => hub.close());
    await hub.start();
    const stuck = await connection(server);
    await stuck.query('listen anything');
    await stuck.query('begin');
    await stuck.query('select 1');
    const filler = await connection(server);
    const refusal = await fill(filler);
    expect(sqlState(refusal)).toBe(SQLSTATE.notifyQueueFull);

    const pingsSoFar = async (): Promise<number> => {
      const { rows } = await filler.query<{ query: string }>(
        "select query from pg_stat_activity where application_name = 'full'",
      );
      return Number(/^NOTIFY orchestra_ping_\w+, '(\d+)'$/.exec(rows[0]?.query ?? '')?.[1] ?? 0);
    };
    const before = await pingsSoFar();
    await until('twenty more pings, all refused', async () => (await pingsSoFar()) >= before + 20);
    expect(losses).toEqual([]);
    expect(hub.state).toBe('listening');

    await stuck.query('commit');
    await until('the queue has drained', async () => {
      const { rows } = await filler.query<{ usage: number }>('select pg_notification_queue_usage() as usage');
      return rows[0]?.usage === 0;
    });
    await filler.query("notify orchestra, 'after'");
    await until('the bell', () => bells.includes('after'));
    expect(losses).toEqual([]);
  },
);

async function fill(client: pg.Client): Promise<unknown> {
  for (let n = 0; n < 1_000; n++) {
    try {
      await client.query('select pg_notify($1, $2)', ['filler', `${n} `.padEnd(7_000, 'x')]);
    } catch (error) {
      return error;
    }
  }
  return undefined;
}
