// The same commands over the database, while no service runs.
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@orchestra/local-postgres';
import { startPooler, testDatabase } from '@orchestra/testkit';
import { beforeAll, expect, test, vi } from 'vitest';
import { orchestra, type Ended } from './orchestra.ts';

vi.setConfig({ testTimeout: 180_000 });

const database = testDatabase();
const me = `${userInfo().username}@${hostname()} (direct)`;
let nowhere: string;

beforeAll(async () => {
  nowhere = `http://127.0.0.1:${await freePort()}`;
});

function run(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return orchestra(args, {
    env: {
      DATABASE_URL: database.url,
      ORCHESTRA_URL: nowhere,
      ORCHESTRA_TASKS_URL: nowhere,
      ORCHESTRA_TOKEN: 'none',
      ...env,
    },
  });
}

async function json(args: readonly string[]): Promise<unknown> {
  const ended = await run([...args, '--json']);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(ended.stdout);
}

test('without --direct the error says where the API was looked for and what to do', async () => {
  expect(await run(['senate', 'pauses'])).toEqual({
    code: 1,
    stdout: '',
    stderr:
      `orchestra: the API does not answer at ${nowhere}; is it running (\`orchestra up\`)? With the ` +
      `database reachable, add --direct\n`,
  });
});

test('P1 P3 a pause over the database holds, under the name of whoever made it', async () => {
  expect(await json(['task', 'add', '--agent', 'skeptic', '--direct'])).toEqual({ ids: ['1'] });
  expect(
    await json(['senate', 'pause', 'agent', 'skeptic', '--reason', 'API down', '--ttl', '1h', '--direct']),
  ).toMatchObject({
    paused_by: me,
    source: 'person',
    ttl_seconds: 3_600,
    settled: true,
    in_flight_count: 0,
    queued: 1,
  });
  expect(await json(['senate', 'pauses', '--direct'])).toMatchObject({
    pauses: [{ scope_value: 'skeptic', paused_by: me, quiet: true, queued: 1 }],
  });
  const check = await run(['senate', 'check', '--agent', 'skeptic', '--direct']);
  expect(check).toMatchObject({ code: 3, stdout: expect.stringContaining(`agent skeptic is paused by ${me}`) });
  expect(await json(['senate', 'pause', 'agent', 'skeptic', '--reason', 'x', '--dry-run', '--direct'])).toMatchObject({
    dry_run: true,
    queued: 1,
    other_pauses: [{ reason: 'API down' }],
  });
  expect(await json(['senate', 'unpause', 'agent', 'skeptic', '--direct'])).toMatchObject({
    cleared: [{ cleared_by: me }],
    still_paused: [],
  });
  const { rows } = await database.pool.query<{ action: string; by: string }>(
    "select action, by from senate_audit where subject_kind = 'pause' order by id",
  );
  expect(rows).toEqual([
    { action: 'pause.created', by: me },
    { action: 'pause.cleared', by: me },
  ]);
});

test('of several pauses the same one is named as by the API: by kind, then the one that ends last', async () => {
  for (const [kind, reason, ttl] of [
    ['quest', 'the quest', '3h'],
    ['agent', 'short', '1h'],
    ['agent', 'long', '2h'],
  ] as const) {
    await json(['senate', 'pause', kind, 'v', '--reason', reason, '--ttl', ttl, '--direct']);
  }
  const check = await run(['senate', 'check', '--agent', 'v', '--quest', 'v', '--direct', '--json']);
  expect(JSON.parse(check.stdout)).toMatchObject({ paused: true, reason: 'long' });
});

test('tasks, their events and the queue are read', async () => {
  const {
    ids: [id = ''],
  } = (await json(['task', 'add', '--skill', 'lint', '--payload', '{"a":1}', '--direct'])) as { ids: string[] };
  expect(await json(['task', 'show', id, '--direct'])).toMatchObject({
    id,
    skill: 'lint',
    payload: { a: 1 },
    created_by: me,
  });
  expect(await json(['task', 'events', id, '--direct'])).toMatchObject({
    events: [{ kind: 'queued', by: me }],
    more: false,
  });
  expect(await json(['task', 'list', '--skill', 'lint', '--limit', '1', '--direct'])).toMatchObject({
    tasks: [{ id }],
    more: false,
  });
  expect(await json(['queue', '--direct'])).toMatchObject({ counts: { running: 0 } });
  expect(await run(['task', 'events', '4711', '--direct'])).toMatchObject({
    code: 1,
    stderr: 'orchestra: task 4711 not found\n',
  });
});

test('alerts are listed and acknowledged', async () => {
  await database.pool.query("insert into senate_alerts (kind, ref_id, severity) values ('latency', 'a-9', 'high')");
  const {
    alerts: [alert],
  } = (await json(['senate', 'alerts', '--direct'])) as { alerts: { id: string }[] };
  expect(await json(['senate', 'alerts', 'ack', alert?.id ?? '', '--direct'])).toMatchObject({ ack_by: me });
});

test('a database that is away, unknown or empty is told with the next step', async () => {
  const port = new URL(nowhere).port;
  expect(
    (await run(['queue', '--direct'], { DATABASE_URL: `postgresql://me:s3cret@127.0.0.1:${port}/x` })).stderr,
  ).toBe(
    `orchestra: the database does not answer at postgresql://me@127.0.0.1:${port}/x (connect ECONNREFUSED 127.0.0.1:${port}); is it running?\n`,
  );
  expect(
    await run(['queue', '--direct'], { DATABASE_URL: '', ORCHESTRA_HOME: join('/nonexistent', 'home') }),
  ).toMatchObject({ code: 1, stderr: expect.stringContaining('set DATABASE_URL, or start `orchestra up`') });
  const empty = new URL(database.url);
  empty.pathname = '/postgres';
  expect(await run(['queue', '--direct'], { DATABASE_URL: empty.href })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('run `orchestra db migrate`'),
  });
});

test('S1 through PgBouncer in transaction mode a pause over the database is made, looked at and cleared, several at a time', async () => {
  const pooler = await startPooler(database.url);
  try {
    const ended = await Promise.all(
      ['a', 'b', 'c'].map(async (value) => {
        const env = { DATABASE_URL: pooler.url };
        const paused = await run(
          ['senate', 'pause', 'agent', `pooled-${value}`, '--reason', 'API down', '--direct'],
          env,
        );
        return [paused, await run(['senate', 'unpause', 'agent', `pooled-${value}`, '--direct'], env)];
      }),
    );
    expect(ended.flat().map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      ended.flat().map(() => ({ code: 0, stderr: '' })),
    );
  } finally {
    await pooler.stop();
  }
});
