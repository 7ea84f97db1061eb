// A queue in another database: what attach makes there, and what the copies of the pauses do.
import { makePool, type Database } from '@orchestra/database';
import {
  attachedWorkUnder,
  copyPausesTo,
  listAttachedQueues,
  pauseScope,
  settleElsewhere,
  unpauseScope,
  verifyAttached,
  type Scope,
} from '@orchestra/pause-core';
import type { AttachedVerified, AttachedWork } from '@orchestra/pause-core/contract';
import { PATIENT, testDatabase, until } from '@orchestra/testkit';
import { Logger, run } from 'graphile-worker';
import { afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import {
  attach,
  attachElsewhere,
  checkAnywhere,
  copiesSchema,
  findElsewhere,
  givenQueue,
  planAttachElsewhere,
  planRemoveElsewhere,
  removeElsewhere,
  saySteps,
  tryCanary,
  whyJob,
} from '../src/index.ts';
import { catalogOf } from './catalog.ts';
import { boss, dbosEngine, graphile, type TestEngine } from './engines.ts';
import { testRoles } from './roles.ts';

const roles = testRoles('owner', 'services', 'worker', 'other');
const home = testDatabase();
const there = testDatabase({ empty: true });
/** Of another Orchestra. */
const second = testDatabase();
const engines = [
  ['graphile-worker', graphile],
  ['pg-boss', boss],
  ['dbos', dbosEngine],
] as const;
const JOBS = givenQueue({
  table: 'app.jobs',
  waiting: 'status=queued',
  running: 'status=running',
  agent: 'agent',
  quest: 'quest',
  id: 'id',
  claimedAt: 'claimed_at',
});
const pause = (value = 'skeptic', ttlSeconds: number | null = null, scope: Scope = { kind: 'agent', value }) =>
  pauseScope(home.pool, { scope, reason: 'stop', ttlSeconds, by: 'dana', source: 'person' });
const pools: Database[] = [];

/** As the command line reaches it: under a role with the rights of the owner, with the schema of the copies. */
function at(name: string, url: string = there.url): Database {
  const pool = makePool({
    connectionString: url,
    applicationName: 'test there',
    schema: copiesSchema(name),
    max: 4,
    ...PATIENT,
  });
  pools.push(pool);
  return pool;
}

const attached = (name: string, queue = JOBS, url = there.url, serveAs?: string) =>
  attachElsewhere(home.pool, at(name, url), { name, queue, url, serveAs });
const place = async (name: string) => {
  const found = await findElsewhere(home.pool, name);
  if (found === undefined) throw new Error(`${name} is not attached elsewhere`);
  return found.place;
};
const copy = async (pool: Database, name: string): Promise<void> =>
  copyPausesTo(home.pool, pool, (await place(name)).key);
const claim = async (id: number): Promise<number | null> =>
  (
    await there.pool.query(
      "update app.jobs set status = 'running', claimed_at = now() where id = $1 and status = 'queued'",
      [id],
    )
  ).rowCount;

beforeAll(async () => {
  await there.pool.query(
    `create schema app; create table app.jobs (id bigint primary key, status text, agent text, quest text,
                                               claimed_at timestamptz)`,
  );
  await there.pool.query(
    `grant create on database ${new URL(there.url).pathname.slice(1)} to ${roles.name('owner')}; alter table app.jobs owner to ${roles.name('owner')}; grant usage on schema app to ${roles.name('owner')}`,
  );
  for (const [, engine] of engines) await engine.install(roles.urlAs('owner', there.url));
});
beforeEach(() =>
  there.pool
    .query(
      `truncate app.jobs; insert into app.jobs values (1, 'queued', 'skeptic', 'q-7'), (2, 'queued', ` +
        `'librarian', 'q-7'), (3, 'queued', 'skeptic', null)`,
    )
    .then(() => {}),
);
afterEach(async () => {
  await home.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  // The attachment that most tests share is only emptied.
  if ((await findElsewhere(home.pool, 'jobs')) !== undefined) await copy(at('jobs'), 'jobs');
  for (const pool of pools.splice(0)) await pool.end();
});

/**
 * The queue `jobs`, attached by the test that comes first: an attach and a remove for each test would take
 * most of the time.
 */
async function jobsAttached(): Promise<void> {
  if ((await findElsewhere(home.pool, 'jobs')) === undefined) await attached('jobs');
}

async function jobsRemoved(): Promise<void> {
  if ((await findElsewhere(home.pool, 'jobs')) !== undefined) await removeElsewhere(home.pool, at('jobs'), 'jobs');
}

describe.each(engines)('%s', (name, engine: TestEngine) => {
  test('what attach does in another database, remove takes back: the catalog there is as it was, and psql does the same', async () => {
    const before = await catalogOf(there.pool, { withOurs: false });
    const pool = at(name);
    const order = { name, queue: engine.queue, url: there.url };
    const { steps } = await planAttachElsewhere(home.pool, pool, order);
    expect(await catalogOf(there.pool, { withOurs: false })).toEqual(before);
    await attachElsewhere(home.pool, pool, order);
    const after = await catalogOf(there.pool, { withOurs: false });
    expect(after).not.toEqual(before);
    const removal = saySteps(await planRemoveElsewhere(home.pool, at(name), name));
    await there.pool.query(removal);
    expect(await catalogOf(there.pool, { withOurs: false })).toEqual(before);
    // What it printed finds the schema by its own name.
    await at(name).query(saySteps(steps));
    expect(await catalogOf(there.pool, { withOurs: false })).toEqual(after);
    await at(name).query(removal);
    await home.pool.query('delete from attached_elsewhere');
  });
});

test('P1 P2 a pause that is made at home holds in the other database once it has settled there, under its own id, until it is cleared', async () => {
  await jobsAttached();
  const pool = at('jobs');
  const { pause: made } = await pause();
  expect(
    await settleElsewhere(home.pool, pool, await place('jobs'), made.id, {
      timeoutMs: 5_000,
      mayReadOldSnapshots: false,
    }),
  ).toBeNull();
  expect([await claim(1), await claim(2)]).toEqual([0, 1]);
  expect((await pool.query('select p.id, p.reason, p.paused_by from active_pauses p')).rows).toEqual([
    { id: made.id, reason: 'stop', paused_by: 'dana' },
  ]);
  await unpauseScope(home.pool, { target: { id: made.id }, by: 'dana' });
  await copy(pool, 'jobs');
  expect(await claim(1)).toBe(1);
});

test('P2 a claim in the other database that began before the pause is waited for', async () => {
  await jobsAttached();
  const pool = at('jobs');
  const client = await there.pool.connect();
  try {
    await client.query("begin; update app.jobs set status = 'running' where id = 1");
    const { pause: made } = await pause();
    const settle = async (timeoutMs: number) =>
      settleElsewhere(home.pool, pool, await place('jobs'), made.id, { timeoutMs, mayReadOldSnapshots: false });
    expect(await settle(50)).toContain('a claim that began before');
    await client.query('commit');
    expect(await settle(5_000)).toBeNull();
  } finally {
    client.release();
  }
});

test('P2 of an engine that may claim by an old snapshot a transaction in the other database from before the copy is waited for', async () => {
  await jobsAttached();
  const pool = at('jobs');
  const client = await there.pool.connect();
  try {
    await client.query('begin isolation level repeatable read; select from app.jobs');
    const { pause: made } = await pause();
    const settle = async () =>
      settleElsewhere(home.pool, pool, await place('jobs'), made.id, { timeoutMs: 50, mayReadOldSnapshots: true });
    expect(await settle()).toContain('a transaction that began before the pause has not ended');
    await client.query('commit');
    expect(await settle()).toBeNull();
  } finally {
    client.release();
  }
});

test('P8 a pause with a time ends there by the time that was left, whatever the clocks say, and an extension reaches it', async () => {
  await jobsAttached();
  const pool = at('jobs');
  const { pause: made } = await pause('skeptic', 3_600);
  // As if the clock at home were two hours ahead.
  await home.pool.query(
    "update senate_pause set paused_at = paused_at + interval '2 hours', ttl_seconds = 3600 where id = $1",
    [made.id],
  );
  await copy(pool, 'jobs');
  const left = async (): Promise<number> =>
    Number(
      (
        await pool.query(
          `select extract(epoch from p.ends_at - clock_timestamp())::int as left
             from senate_pause p
            where p.cleared_at is null`,
        )
      ).rows[0]?.left,
    );
  expect(Math.abs((await left()) - 3 * 3_600)).toBeLessThan(120);
  await home.pool.query('update senate_pause set ttl_seconds = 60 where id = $1', [made.id]);
  await copy(pool, 'jobs');
  expect(Math.abs((await left()) - 2 * 3_600 - 60)).toBeLessThan(120);
  expect(await claim(1)).toBe(0);
  // The time is over there; nobody copies.
  await pool.query("update senate_pause set ends_at = clock_timestamp() - interval '1 second'");
  expect(await claim(1)).toBe(1);
});

test('P1 P19 a pause of several labels and one of the fleet hold the same there as at home', async () => {
  await jobsAttached();
  const pool = at('jobs');
  const { pause: pair } = await pause('', null, { kind: 'agent', value: 'skeptic', also: { quest: 'q-7' } });
  await copy(pool, 'jobs');
  expect([await claim(1), await claim(2), await claim(3)]).toEqual([0, 1, 1]);
  await unpauseScope(home.pool, { target: { id: pair.id }, by: 'dana' });
  await pause('', null, { kind: 'fleet', value: '*' });
  await copy(pool, 'jobs');
  expect(await claim(1)).toBe(0);
});

test('of two that copy at once the later one reads at home again: a pause that was made between them holds', async () => {
  await jobsAttached();
  const [first, second] = [at('jobs'), at('jobs')];
  const { key } = await place('jobs');
  const tx = await first.connect();
  await tx.query('begin');
  await tx.query('select begin_copy($1)', [key]);
  const copying = copyPausesTo(home.pool, second, key);
  await until(
    'the other one waits',
    async () =>
      (
        await there.pool.query(
          "select from pg_locks l where not l.granted and l.relation = 'orchestra_jobs.copy_of'::regclass",
        )
      ).rowCount === 1,
  );
  const { pause: made } = await pause();
  await tx.query("select take_pauses('[]')");
  await tx.query('commit');
  tx.release();
  await copying;
  expect((await second.query('select p.id from active_pauses p')).rows).toEqual([{ id: made.id }]);
});

test('only the Orchestra that attached it copies there', async () => {
  await jobsAttached();
  const { pause: made } = await pause();
  await copy(at('jobs'), 'jobs');
  await expect(copyPausesTo(home.pool, at('jobs'), '00000000-0000-0000-0000-000000000000')).rejects.toThrow(
    'another Orchestra',
  );
  expect((await at('jobs').query('select p.id from active_pauses p')).rows).toEqual([{ id: made.id }]);
});

test('numbers, why, verify and check work over it', async () => {
  process.env['ORCHESTRA_ATTACH_PASSWORD_JOBS'] = new URL(there.url).password;
  onTestFinished(() => {
    delete process.env['ORCHESTRA_ATTACH_PASSWORD_JOBS'];
  });
  await jobsAttached();
  const { pause: made } = await pause();
  await copy(at('jobs'), 'jobs');
  await there.pool.query(
    `alter table app.jobs disable trigger orchestra_guard; update app.jobs set status = 'running',
     claimed_at = now() + interval '1 minute'
       where id = 1; alter table app.jobs enable trigger orchestra_guard`,
  );
  // A busy machine may take longer than these give a database.
  let works: AttachedWork[] = [];
  await until(
    'its numbers can be read',
    async () =>
      (works = await attachedWorkUnder(home.pool, made.scope, await listAttachedQueues(home.pool)))[0]?.not_read ===
      null,
  );
  expect(works).toEqual([
    {
      name: 'jobs',
      engine: 'table',
      in_flight_count: 1,
      claimed_ahead_count: 0,
      queued: 1,
      queued_more: false,
      not_read: null,
    },
  ]);
  await until('it answers', () =>
    whyJob(home.pool, 'jobs', '3').then(
      () => true,
      () => false,
    ),
  );
  expect(await whyJob(home.pool, 'jobs', '3')).toMatchObject({ state: 'waiting', pauses: [{ id: made.id }] });
  await expect(whyJob(home.pool, 'jobs', '99')).rejects.toMatchObject({ code: 'job_not_found' });
  let verified: AttachedVerified[] = [];
  const verify = () =>
    until('it can be verified', async () => (verified = await verifyAttached(home.pool))[0]?.not_read === null);
  await verify();
  expect(verified).toMatchObject([{ running_checked: 1, violations: [{ job: '1', pause_id: made.id }] }]);
  // A pause that could not be copied for long holds there from the copy on, and accuses nobody of before.
  await at('jobs').query("update senate_pause set applied_at = now() + interval '2 minutes'");
  await verify();
  expect(verified).toMatchObject([{ running_checked: 1, violations: [] }]);
  expect((await checkAnywhere(home.pool, 'jobs')).filter(({ verdict }) => verdict === 'broken')).toEqual([]);
  await at('jobs').query('update senate_pause set cleared_at = now()');
  expect(await checkAnywhere(home.pool, 'jobs')).toContainEqual({
    what: 'copies',
    verdict: 'broken',
    words: expect.stringContaining('1 of 1 active pauses do not hold there'),
  });
  await at('jobs').query('update copy_of set version = 0');
  expect(await checkAnywhere(home.pool, 'jobs')).toContainEqual({
    what: 'version',
    verdict: 'weaker',
    words: expect.stringContaining('another version'),
  });
  await at('jobs').query('update copy_of set version = 1');
});

test('the services need a role of their own there that may copy, count and read, and nothing else', async () => {
  await jobsRemoved();
  await attached('jobs', JOBS, there.url, roles.name('services'));
  expect((await place('jobs')).url).toMatch(new RegExp(`^postgresql://${roles.name('services')}@[^:]+:\\d+/`));
  const services = at('jobs', roles.urlAs('services', there.url));
  const { pause: made } = await pause();
  expect(
    await settleElsewhere(home.pool, services, await place('jobs'), made.id, {
      timeoutMs: 5_000,
      mayReadOldSnapshots: false,
    }),
  ).toBeNull();
  expect(
    (
      await services.query(
        "select count(*)::int as count from orchestra_work_jobs w where w.scopes @> '{agent skeptic}'",
      )
    ).rows,
  ).toEqual([{ count: 2 }]);
  for (const statement of [
    'update senate_pause set cleared_at = now()',
    'update copy_of set key = gen_random_uuid()',
    'select from app.jobs',
  ])
    await expect(services.query(statement)).rejects.toMatchObject({ code: '42501' });
  const other = at('jobs', roles.urlAs('other', there.url));
  await expect(other.query("select orchestra_jobs.take_pauses('[]')")).rejects.toMatchObject({ code: '42501' });
  await jobsRemoved();
});

test('the trial through the workers’ connection pauses at home and meets the pause there; graphile-worker hears of an unpause', async () => {
  process.env['ORCHESTRA_ATTACH_PASSWORD_GRAPHILE_WORKER'] = new URL(there.url).password;
  onTestFinished(() => {
    delete process.env['ORCHESTRA_ATTACH_PASSWORD_GRAPHILE_WORKER'];
  });
  const name = 'graphile-worker';
  await attached(name, graphile.queue);
  const worker = makePool({
    connectionString: roles.urlAs('owner', there.url),
    applicationName: 'worker',
    schema: 'as given',
    ...PATIENT,
  });
  pools.push(worker);
  expect(await tryCanary(home.pool, worker, name)).toContainEqual({
    what: 'canary',
    verdict: 'well',
    words: 'a claim of a paused job got nothing',
  });
  const { pause: made } = await pause();
  await copy(at(name), name);
  await graphile.add(there.pool, [
    { n: 'A1', agent_id: 'skeptic' },
    { n: 'B1', agent_id: 'librarian' },
  ]);
  const begun: string[] = [];
  // It would not look again by itself while this test lasts.
  const runner = await run({
    connectionString: roles.urlAs('owner', there.url),
    noHandleSignals: true,
    logger: new Logger(() => () => {}),
    concurrency: 1,
    pollInterval: 3_600_000,
    taskList: {
      lint: async (payload) => {
        begun.push((payload as { n: string }).n);
      },
    },
  });
  onTestFinished(() => runner.stop());
  await until('the free job has run', () => begun.length === 1);
  await unpauseScope(home.pool, { target: { id: made.id }, by: 'dana' });
  await copy(at(name), name);
  await until('it has heard of the unpause', () => begun.length === 2);
  expect(begun).toEqual(['B1', 'A1']);
  await removeElsewhere(home.pool, at(name), name);
});

test('what cannot be attached there is refused with what to do, and nothing is left', async () => {
  await jobsRemoved();
  const before = await catalogOf(there.pool, { withOurs: false });
  const refused = (order: Parameters<typeof attached>, code: string, words: string) =>
    expect(attached(...order)).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
  await refused(['jobs', { ...JOBS, table: 'nowhere' }], 'queue_not_understood', 'there is no app.nowhere');
  await refused(
    ['jobs', JOBS, roles.urlAs('other', there.url)],
    'rights_missing',
    'only the owner of app.jobs can attach it',
  );
  await refused(['jobs', JOBS, home.url], 'database_unsuitable', 'without --url');
  await refused(['jobs', JOBS, there.url, 'nobody_here'], 'description_not_understood', 'there is no role nobody_here');
  await refused(['Jobs', JOBS], 'description_not_understood', 'cannot be a name');
  expect(await catalogOf(there.pool, { withOurs: false })).toEqual(before);
  await there.pool.query('create schema orchestra_jobs');
  await refused(['jobs', JOBS], 'already_attached', 'orchestra_jobs');
  await there.pool.query('drop schema orchestra_jobs');
  await attached('jobs');
  await refused(['jobs', JOBS], 'already_attached', 'jobs is attached already');
  await expect(attach(home.pool, 'jobs', JOBS)).rejects.toMatchObject({ code: 'already_attached' });
  await jobsRemoved();
});

test('an Orchestra that is at home there is left alone', async () => {
  const own = second.pool;
  const before = await own.query(
    `select count(*)::int as count
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = current_schema()`,
  );
  await own.query(
    `create schema if not exists app; create table app.jobs (id bigint primary key, status text, agent text,
       quest text, claimed_at timestamptz)`,
  );
  const pool = at('jobs', second.url);
  await attachElsewhere(home.pool, pool, { name: 'jobs', queue: JOBS, url: second.url });
  const { pause: theirs } = await pauseScope(own, {
    scope: { kind: 'agent', value: 'theirs' },
    reason: 'stop',
    ttlSeconds: null,
    by: 'dana',
    source: 'person',
  });
  const { pause: ours } = await pause('ours');
  await copy(pool, 'jobs');
  expect((await own.query('select p.id from active_pauses p')).rows).toEqual([{ id: theirs.id }]);
  expect((await pool.query('select p.id from active_pauses p')).rows).toEqual([{ id: ours.id }]);
  await removeElsewhere(home.pool, at('jobs', second.url), 'jobs');
  expect(
    (
      await own.query(
        `select count(*)::int as count
           from pg_class c
           join pg_namespace n on n.oid = c.relnamespace
          where n.nspname = current_schema()`,
      )
    ).rows,
  ).toEqual(before.rows);
});
