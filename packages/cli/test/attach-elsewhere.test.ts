// A queue in another database, with worker-claimer running and that database killed.
import { makePool, type Database } from '@orchestra/database';
import { pauseScope, unpauseScope, verifyAttached } from '@orchestra/pause-core';
import { pauseReceipt } from '@orchestra/pause-core/contract';
import { announceQuiet } from '@orchestra/task-queue';
import {
  FaultProxy,
  PATIENT,
  startReplicatedServers,
  testDatabase,
  until,
  type ReplicatedServers,
} from '@orchestra/testkit';
import { startService } from '@orchestra/worker-claimer';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { z } from 'zod';
import { orchestra } from './orchestra.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const database = testDatabase();
const DESCRIBED = [
  '--table',
  'app.jobs',
  '--waiting',
  'status=queued',
  '--running',
  'status=running',
  '--agent',
  'agent',
  '--claimed-at',
  'claimed_at',
];
let servers: ReplicatedServers;
let password: string;
let proxy: FaultProxy;
let service: Awaited<ReturnType<typeof startService>>;

/** As the services and the command line have it: both look for it under the name of the attachment. */
const PASSWORDS = ['ORCHESTRA_ATTACH_PASSWORD_JOBS', 'ORCHESTRA_ATTACH_PASSWORD_CUT'];
const run = (...args: string[]) =>
  orchestra(args, {
    env: { DATABASE_URL: database.url, ...Object.fromEntries(PASSWORDS.map((name) => [name, password])) },
  });
const json = async (...args: string[]) => JSON.parse((await run(...args, '--json')).stdout);
const pause = (value: string) =>
  pauseScope(database.pool, {
    scope: { kind: 'agent', value },
    reason: 'loops',
    ttlSeconds: null,
    by: 'dana',
    source: 'person',
  });

type Receipt = z.infer<typeof pauseReceipt>;

/**
 * Pauses by the command line, and again where a busy machine was too slow for the database there. @returns the last
 * receipt
 */
function settledPause(agent: string, told: (receipt: Receipt) => boolean): Promise<Receipt> {
  return until('a receipt tells that it has settled', async () => {
    const receipt = pauseReceipt.parse(await json('senate', 'pause', 'agent', agent, '--reason', 'loops', '--direct'));
    return receipt.settled === true && told(receipt) ? receipt : undefined;
  });
}

const answered = (receipt: Receipt, name: string): boolean =>
  receipt.attached?.some((one) => one.name === name && one.settled === true && one.queued !== null) === true;

/** Whether all pauses that are active are marked as quiet. */
async function allQuiet(): Promise<boolean> {
  await announceQuiet(database.pool);
  return (await database.pool.query('select from active_pauses p where p.quiet_at is null')).rowCount === 0;
}

/** What a claim of the team's own gets: straight to whichever of the two takes changes. */
async function claim(agent: string): Promise<number | null> {
  const pool = makePool({
    connectionString: servers.url,
    applicationName: 'a worker',
    schema: 'as given',
    max: 1,
    ...PATIENT,
  });
  try {
    return await claimOver(pool, agent);
  } finally {
    await pool.end();
  }
}

async function claimOver(pool: Database, agent: string): Promise<number | null> {
  const { rowCount } = await pool.query(
    "update app.jobs set status = 'running', claimed_at = now() where agent = $1 and status = 'queued'",
    [agent],
  );
  await pool.query("update app.jobs set status = 'queued' where agent = $1", [agent]);
  return rowCount;
}

beforeAll(async () => {
  servers = await startReplicatedServers();
  password = new URL(servers.primaryUrl).password;
  for (const name of PASSWORDS) process.env[name] = password;
  await servers.onPrimary(`create schema app; create table app.jobs (id bigint primary key, status text, agent text,
                             claimed_at timestamptz);
    insert into app.jobs values (1, 'queued', 'skeptic', null), (2, 'queued', 'scout', null),
      (3, 'queued', 'scribe', null)`);
  proxy = await FaultProxy.before(servers.primaryUrl);
  service = await startService({
    databaseUrl: database.url,
    listenDatabaseUrl: database.url,
    host: '127.0.0.1',
    port: 0,
    logLevel: 'silent',
    leaseSeconds: 60,
    reapEveryMs: 600_000,
    waitersMax: 10,
  });
});
afterAll(async () => {
  await service.stop();
  await proxy.close();
  await servers.stop();
  for (const name of PASSWORDS) delete process.env[name];
});

test('a standby cannot be attached, and the address is kept without its password', async () => {
  expect(await run('attach', '--name', 'jobs', ...DESCRIBED, '--url', servers.standbyUrl)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is a standby, which takes no changes'),
  });
  expect(
    await run('attach', '--name', 'jobs', ...DESCRIBED, '--url', 'postgresql://nobody:x@127.0.0.1:1/app'),
  ).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('does not answer at postgresql://nobody@127.0.0.1:1/app'),
  });
  expect(await run('attach', '--name', 'jobs', ...DESCRIBED, '--url', servers.url)).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('ORCHESTRA_ATTACH_PASSWORD_JOBS'),
  });
  const {
    rows: [row],
  } = await database.pool.query('select e.url from attached_elsewhere e');
  expect(row.url).toBe(servers.url.replace(`:${password}`, ''));
  expect(await run('attach', 'list')).toMatchObject({ code: 0, stdout: expect.stringContaining(row.url) });
  expect(await run('attach', 'check', 'jobs')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('✓ copies: the pauses that hold there are those of Orchestra’s own database'),
  });
  expect(await run('doctor', '--direct', '--no-brake')).toMatchObject({
    stdout: expect.stringMatching(
      /! attached queues: jobs, roles: no policy binds orchestra [^;]*; let workers connect under another role\n/,
    ),
  });
});

test('P1 P6 a pause that is made and cleared at home by psql holds in the other database and ends there', async () => {
  const {
    rows: [made],
  } = await database.pool.query(
    "insert into senate_pause (scope_kind, scope_value) values ('agent', 'skeptic') returning id",
  );
  await until('it holds there', async () => (await claim('skeptic')) === 0);
  expect(await claim('scout')).toBe(1);
  await database.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'psql' where id = $1", [made.id]);
  await until('it has ended there', async () => (await claim('skeptic')) === 1);
});

test('P2 the receipt of a pause tells of the other database, and the claim there obeys as soon as it is answered; quiet is told of it as well', async () => {
  await servers.onPrimary("update app.jobs set status = 'running', claimed_at = now() where id = 1");
  const receipt = await settledPause('skeptic', (told) => answered(told, 'jobs'));
  expect(receipt).toMatchObject({
    settled: true,
    attached: [{ name: 'jobs', settled: true, not_settled: null, in_flight_count: 1, queued: 0 }],
  });
  expect(await allQuiet()).toBe(false);
  await servers.onPrimary("update app.jobs set status = 'queued' where id = 1");
  expect(await claim('skeptic')).toBe(0);
  await until('it is quiet', allQuiet);
  await until('why', async () =>
    (await run('attach', 'why', 'jobs', '1')).stdout.includes(`held by pause ${receipt.id}`),
  );
  await until('it is told on its page', async () =>
    (await run('senate', 'show', receipt.id, '--direct')).stdout.includes('jobs (attached): 0 in flight, 1 waiting'),
  );
  await until('it is verified', async () => (await verifyAttached(database.pool))[0]?.running_checked === 0);
});

test('P2 a database that does not answer is not settled, at once; the others are, and its pause holds there as soon as it answers again', async () => {
  await servers.onPrimary(
    'create table app.more (id bigint primary key, status text, agent text, claimed_at timestamptz)',
  );
  expect(
    await run(
      'attach',
      '--name',
      'cut',
      ...DESCRIBED.map((word) => (word === 'app.jobs' ? 'app.more' : word)),
      '--url',
      proxy.url,
    ),
  ).toMatchObject({ code: 0 });
  proxy.blackhole();
  const receipt = await settledPause('scout', (told) => answered(told, 'jobs'));
  expect(receipt).toMatchObject({
    settled: true,
    attached: [
      {
        name: 'cut',
        settled: false,
        in_flight_count: null,
        queued: null,
        not_settled: expect.stringContaining('worker-claimer copies it as soon as it can'),
      },
      { name: 'jobs', settled: true, queued: 1 },
    ],
  });
  expect(await run('senate', 'pauses', '--verify', '--direct')).toMatchObject({
    stdout: expect.stringContaining('cut (attached): not checked:'),
  });
  // Nothing is said to be quiet that cannot be asked.
  expect(await allQuiet()).toBe(false);
  proxy.cut();
  proxy.pass();
  await until(
    'the pause holds there',
    async () =>
      (await servers.onPrimary(`select from orchestra_cut.active_pauses p where p.id = ${receipt.id}`)).length === 1,
  );
  await until('it is quiet', allQuiet);
  // Although it was cut off for a while, the whole attachment is removed.
  expect(await run('attach', 'remove', 'cut')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('removed cut'),
  });
  expect(await servers.onPrimary("select from pg_namespace n where n.nspname = 'orchestra_cut'")).toEqual([]);
});

test('P5 when the other database is killed, its standby holds what was copied before, and what was paused meanwhile as soon as it takes its place', async () => {
  const { pause: before } = await pause('scribe');
  await until('it holds there', async () => (await claim('scribe')) === 0);
  await until(
    'the standby has it',
    async () =>
      (await servers.onStandby(`select from orchestra_jobs.active_pauses p where p.id = ${before.id}`)).length === 1,
  );
  await servers.killPrimary();
  const receipt = await json('senate', 'pause', 'agent', 'later', '--reason', 'loops', '--direct');
  expect(receipt).toMatchObject({ settled: true, attached: [{ name: 'jobs', settled: false }] });
  expect(await run('attach', 'check', 'jobs')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('what is paused meanwhile is not held there'),
  });
  expect(await run('attach', 'remove', 'jobs')).toMatchObject({ code: 1 });
  await servers.onStandby('select pg_promote()');
  await servers.onStandby("insert into app.jobs values (4, 'queued', 'later', null)");
  await until('the later pause holds there', async () => (await claim('later')) === 0);
  expect(await claim('scribe')).toBe(0);
  await unpauseScope(database.pool, { target: { id: before.id }, by: 'dana' });
  await until('the unpause has reached it', async () => (await claim('scribe')) === 1);
});

test('remove takes it away there; one whose database is gone can be forgotten', async () => {
  expect(await run('attach', 'remove', 'jobs', '--dry-run')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('drop schema if exists "orchestra_jobs"'),
  });
  expect(await run('attach', 'remove', 'jobs')).toMatchObject({
    code: 0,
    stdout: 'removed jobs: pauses hold nothing there any more\n',
  });
  expect(
    await servers.onStandby(
      "select from pg_namespace n where n.nspname = 'orchestra_jobs' union all select from pg_policies",
    ),
  ).toEqual([]);
  await database.pool.query(
    `insert into attached_elsewhere (name, engine, queue, url, schema, key)
       values ('gone', 'table', '{}', 'postgresql://u@127.0.0.1:1/app', 'orchestra_gone', gen_random_uuid())`,
  );
  expect(await run('attach', 'remove', 'gone', '--forget')).toMatchObject({ code: 0 });
  expect(await run('attach', 'list')).toMatchObject({ stdout: 'nothing is attached\n' });
});
