import { EventEmitter, once } from 'node:events';
import { FaultProxy, testDatabase, until } from '@orchestra/testkit';
import pgListen from 'pg-listen';
import { expect, onTestFinished, test } from 'vitest';
import { createListenHub, type ListenHub, type ListenHubOptions } from '../src/replica/index.ts';
import { ListenSession } from '../src/replica/listen-session.ts';

const database = testDatabase();

let made = 0;

/** A hub whose callbacks are events, under a name of its own in `pg_stat_activity`. */
function hubOn(connectionString: string, options: Partial<ListenHubOptions> = {}) {
  const applicationName = `hub ${++made}`;
  const events = new EventEmitter<{ bell: [string]; connect: []; lost: [Error] }>();
  const seen = { bells: [] as string[], connects: 0, losses: [] as Error[] };
  const hub: ListenHub = createListenHub({
    connectionString,
    applicationName,
    onBell: (topic) => {
      seen.bells.push(topic);
      events.emit('bell', topic);
    },
    onConnect: () => {
      seen.connects += 1;
      events.emit('connect');
    },
    onLost: (error) => {
      seen.losses.push(error);
      events.emit('lost', error);
    },
    ...options,
  });
  onTestFinished(() => hub.close());
  return { hub, events, seen, applicationName };
}

async function proxied(): Promise<FaultProxy> {
  const proxy = await FaultProxy.before(database.url);
  onTestFinished(() => proxy.close());
  return proxy;
}

const ring = (topic: string): Promise<unknown> => database.pool.query('select pg_notify($1, $2)', ['orchestra', topic]);

async function backendsOf(applicationName: string): Promise<number[]> {
  const { rows } = await database.pool.query<{ pid: number }>(
    'select pid from pg_stat_activity where application_name = $1',
    [applicationName],
  );
  return rows.map(({ pid }) => pid);
}

/** A backend takes a moment to go after its connection has. */
const untilBackends = (applicationName: string, count: number): Promise<unknown> =>
  until(`${count} backends of ${applicationName}`, async () => (await backendsOf(applicationName)).length === count);

test('P3 a row inserted by hand rings the bell, for pauses and for alerts', async () => {
  const { hub, events } = hubOn(database.url);
  await hub.start();
  expect(hub.state).toBe('listening');
  let bell = once(events, 'bell');
  await database.pool.query(
    "insert into senate_pause (scope_kind, scope_value, paused_by, reason) values ('agent', 'by-hand', 'dana', 'psql')",
  );
  expect(await bell).toEqual(['pause']);
  bell = once(events, 'bell');
  await database.pool.query("insert into senate_alerts (kind, ref_id, severity) values ('spend', 'acct-1', 'low')");
  expect(await bell).toEqual(['alert']);
  bell = once(events, 'bell');
  await database.pool.query('notify orchestra');
  expect(await bell).toEqual(['']);
});

test('P6 pg-listen by its defaults stops for good after three seconds without a server; the hub does not', async () => {
  const proxy = await proxied();
  const bare = pgListen.default({ connectionString: proxy.url, application_name: 'bare' });
  let bareHeard = 0;
  bare.notifications.on('orchestra', () => {
    bareHeard += 1;
  });
  bare.events.on('notification', () => {
    bareHeard += 1;
  });
  const bareGaveUp = new Promise<Error>((resolve) => bare.events.on('error', resolve));
  await bare.connect();
  await bare.listenTo('orchestra');
  const { hub, events } = hubOn(proxy.url);
  await hub.start();

  const lost = once(events, 'lost');
  proxy.refuse();
  await lost;
  expect((await bareGaveUp).message).toMatch(/Stopping PostgreSQL reconnection attempts after 3000ms/);
  expect(hub.state).toBe('connecting');

  const connect = once(events, 'connect');
  proxy.pass();
  await connect;
  const bell = once(events, 'bell');
  await ring('pause');
  expect(await bell).toEqual(['pause']);
  expect(bareHeard).toBe(0);
  await expect(bare.listenTo('another')).rejects.toThrow(/not queryable|Client was closed/);
  await untilBackends('bare', 0);
});

test('a hub that is closed during an outage leaves nothing behind; pg-listen with retryTimeout: Infinity connects once more', async () => {
  const proxy = await proxied();
  const bare = pgListen.default(
    { connectionString: proxy.url, application_name: 'bare endless' },
    { retryTimeout: Infinity, retryInterval: 50 },
  );
  const bareRetries = new Promise<void>((resolve) => bare.events.on('reconnect', () => resolve()));
  await bare.connect();
  const { hub, events, seen, applicationName } = hubOn(proxy.url);
  await hub.start();

  const lost = once(events, 'lost');
  proxy.refuse();
  await Promise.all([lost, bareRetries]);
  await Promise.all([hub.close(), bare.close()]);
  expect(hub.state).toBe('closed');

  const bareConnected = new Promise<void>((resolve) => bare.events.on('connected', resolve));
  proxy.pass();
  await bareConnected; // after its close()
  await untilBackends('bare endless', 1);
  await untilBackends(applicationName, 0);
  expect(seen.connects).toBe(1);
  await bare.close();
});

test('P6 F03 a connection that is dead but looks open is noticed by the ping, replaced, and hears again', async () => {
  const proxy = await proxied();
  const { hub, events } = hubOn(proxy.url, { pingEveryMs: 50, pingTimeoutMs: 300 });
  await hub.start();
  const lost = once(events, 'lost');
  proxy.blackhole();
  expect(await lost).toMatchObject([{ code: 'ping_unanswered' }]);
  expect(hub.state).toBe('connecting');
  const connect = once(events, 'connect');
  proxy.pass();
  await connect;
  const bell = once(events, 'bell');
  await ring('pause');
  expect(await bell).toEqual(['pause']);
});

test('F01 a bell that rings during an outage is lost, and the reconnect is told so that it costs nothing', async () => {
  const proxy = await proxied();
  const { hub, events, seen } = hubOn(proxy.url);
  await hub.start();
  const lost = once(events, 'lost');
  proxy.refuse();
  await lost;
  await ring('rung in the gap');
  const connect = once(events, 'connect');
  proxy.pass();
  await connect;
  const bell = once(events, 'bell');
  await ring('rung after');
  await bell;
  expect(seen.bells).toEqual(['rung after']);
  expect(seen.connects).toBe(2);
  expect(seen.losses).toHaveLength(1); // one outage, told once, however many attempts it took
});

test('a server that is not there yet: start resolves, says why, and it listens once the server is', async () => {
  const proxy = await proxied();
  proxy.refuse();
  const { hub, events, seen } = hubOn(proxy.url);
  await hub.start();
  expect(seen.losses).toMatchObject([{ code: 'connection_lost' }]);
  expect(hub.state).toBe('connecting');
  const connect = once(events, 'connect');
  proxy.pass();
  await connect;
  expect(hub.state).toBe('listening');
});

test('a connection string that cannot be understood, or a role that does not exist, is told and ends nothing', async () => {
  const nobody = new URL(database.url);
  nobody.username = 'nobody_of_that_name';
  for (const url of ['postgresql://[', nobody.href]) {
    const { hub, seen } = hubOn(url);
    await hub.start();
    expect(seen.losses).toMatchObject([
      { code: 'connection_lost', message: expect.stringMatching(/^could not listen: .+/), cause: expect.any(Error) },
    ]);
    expect(hub.state).toBe('connecting');
    await hub.close();
  }
});

test('F11 its backend ended twenty times over: the process lives, and it listens again each time', async () => {
  const { hub, events, seen, applicationName } = hubOn(database.url);
  await hub.start();
  for (let time = 1; time <= 20; time++) {
    await untilBackends(applicationName, 1);
    const connect = once(events, 'connect');
    await database.pool.query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [
      applicationName,
    ]);
    await connect;
  }
  expect(seen.losses).toHaveLength(20);
  const bell = once(events, 'bell');
  await ring('pause');
  expect(await bell).toEqual(['pause']);
  await untilBackends(applicationName, 1);
});

test('its pings ring nobody else', async () => {
  const quiet = hubOn(database.url, { pingEveryMs: 86_400_000 });
  await quiet.hub.start();
  const busy = hubOn(database.url, { pingEveryMs: 1 });
  await busy.hub.start();
  const pings = async (): Promise<string[]> => {
    const { rows } = await database.pool.query<{ query: string }>(
      'select query from pg_stat_activity where application_name = $1',
      [busy.applicationName],
    );
    return rows.map(({ query }) => query).filter((query) => /^NOTIFY orchestra_ping_\w+, '(\d{2,})'/.test(query));
  };
  await until('ten pings', async () => (await pings()).length > 0);
  const bell = once(quiet.events, 'bell');
  await ring('pause');
  await bell;
  expect(quiet.seen.bells).toEqual(['pause']);
  expect(busy.seen.losses).toEqual([]);
});

test('a process that was stalled longer than a ping may take does not blame its connection', async () => {
  const session = new ListenSession({
    connectionString: database.url,
    applicationName: 'stalled',
    channels: ['orchestra'],
    onPayload: () => {},
    connectTimeoutMs: 2_000,
    pingTimeoutMs: 200,
  });
  onTestFinished(() => session.close());
  await session.open();
  const ping = session.ping();
  const stalledUntilMs = performance.now() + 600;
  while (performance.now() < stalledUntilMs); // the answer comes in meanwhile, and nobody reads it
  await ping;
  await session.ping();
  expect(session.gone.aborted).toBe(false);
});

test.each(['before it began', 'while it listens', 'during its first attempt', 'over a dead network'] as const)(
  'close %s ends it for good, without a connection left',
  async (when) => {
    const proxy = await proxied();
    const { hub, seen, applicationName } = hubOn(proxy.url, { pingEveryMs: 86_400_000 });
    if (when === 'while it listens' || when === 'over a dead network') await hub.start();
    const starting = when === 'during its first attempt' ? hub.start() : undefined;
    if (when === 'over a dead network') proxy.blackhole();
    await hub.close();
    await hub.close();
    await starting;
    expect(hub.state).toBe('closed');
    proxy.pass();
    await hub.start();
    await untilBackends(applicationName, 0);
    expect(hub.state).toBe('closed');
    expect(seen.losses).toEqual([]);
  },
);
