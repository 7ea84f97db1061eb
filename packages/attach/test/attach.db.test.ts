import { attachedWorkUnder, listAttachedQueues, pauseScope, settleClaims } from '@orchestra/pause-core';
import { makePool } from '@orchestra/database';
import { COVER_CASES, testDatabase, until } from '@orchestra/testkit';
import { getRollbackPlans, PgBoss } from 'pg-boss';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  attach,
  checkAttachment,
  givenQueue,
  graphileWorker,
  pgBoss,
  planAttach,
  planRemove,
  removeAttachment,
  saySteps,
  tryCanary,
} from '../src/index.ts';
import { catalogOf } from './catalog.ts';
import { addWithKey, boss, dbosEngine, graphile } from './engines.ts';
import { testRoles } from './roles.ts';

const roles = testRoles('owner', 'worker', 'other');
const db = testDatabase();
const engines = [
  ['graphile-worker', graphile],
  ['pg-boss', boss],
  ['dbos', dbosEngine],
] as const;
const pause = (agent: string) =>
  pauseScope(db.pool, {
    scope: { kind: 'agent', value: agent },
    reason: 'stop',
    ttlSeconds: null,
    by: 'dana',
    source: 'person',
  });

beforeAll(async () => {
  await db.pool.query(`grant create on database ${new URL(db.url).pathname.slice(1)} to ${roles.name('owner')}`);
  for (const [, engine] of engines) {
    await engine.install(roles.urlAs('owner', db.url));
    for (const grant of engine.grants(roles.name('worker'))) await db.pool.query(grant);
  }
});

afterEach(async () => {
  const { rows } = await db.pool.query<{ name: string }>('select a.name from attachments a');
  for (const { name } of rows) await removeAttachment(db.pool, name);
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
});

describe.each(engines)('%s', (name, engine) => {
  test('what attach does, remove takes back: the catalog is as it was', async () => {
    const before = await catalogOf(db.pool);
    await attach(db.pool, name, engine.queue);
    expect(await catalogOf(db.pool)).not.toEqual(before);
    await removeAttachment(db.pool, name);
    expect(await catalogOf(db.pool)).toEqual(before);
  });

  test('a dry run changes nothing, and psql does the same with what it prints', async () => {
    const before = await catalogOf(db.pool);
    const { steps } = await planAttach(db.pool, name, engine.queue);
    expect(await catalogOf(db.pool)).toEqual(before);
    await attach(db.pool, name, engine.queue);
    const attached = await catalogOf(db.pool);
    const removal = saySteps(await planRemove(db.pool, name));
    expect(await catalogOf(db.pool)).toEqual(attached);
    await db.pool.query(removal);
    expect(await catalogOf(db.pool)).toEqual(before);
    await db.pool.query(saySteps(steps));
    expect(await catalogOf(db.pool)).toEqual(attached);
  });

  test('the engine’s own migrations work while it is attached', async () => {
    await attach(db.pool, name, engine.queue);
    await engine.install(roles.urlAs('owner', db.url));
    if (engine === boss) {
      const {
        rows: [{ version }],
      } = await db.pool.query('select v.version from pgboss.version v');
      await db.pool.query(getRollbackPlans('pgboss', version));
      await engine.install(roles.urlAs('owner', db.url));
      expect((await db.pool.query('select v.version from pgboss.version v')).rows).toEqual([{ version }]);
    } else if (engine === graphile) {
      await db.pool.query('delete from graphile_worker.migrations m where m.id = 20');
      await engine.install(roles.urlAs('owner', db.url));
    }
    expect((await checkAttachment(db.pool, name)).filter(({ verdict }) => verdict === 'broken')).toEqual([]);
  });

  test('check says what is missing, and for whom', async () => {
    await attach(db.pool, name, engine.queue);
    const broken = async () =>
      (await checkAttachment(db.pool, name)).filter(({ verdict }) => verdict === 'broken').map(({ what }) => what);
    expect(await broken()).toEqual([]);
    const root = `${engine.queue.schema}.${engine.queue.table}`;
    await db.pool.query(`grant update on ${root} to ${roles.name('other')}`);
    expect(await broken()).toEqual(['rights']);
    await db.pool.query(`revoke update on ${root} from ${roles.name('other')}`);
    await db.pool.query(`alter table ${root} disable trigger orchestra_guard`);
    expect(await broken()).toEqual(['trigger']);
    await db.pool.query(`alter table ${root} enable trigger orchestra_guard`);
    await db.pool.query(`drop policy orchestra_brake on ${engine.table}`);
    expect((await checkAttachment(db.pool, name)).find(({ what }) => what === 'policy')).toMatchObject({
      verdict: 'weaker',
      words: expect.stringContaining(engine.table),
    });
  });
});

describe.each(engines)('%s: the canary', (name, engine) => {
  test('a claim through the worker’s own connection gets no paused job; it says whom nothing binds, and leaves nothing behind', async () => {
    await attach(db.pool, name, engine.queue);
    const said = async (url: string) => {
      const pool = makePool({ connectionString: url, applicationName: 'test', max: 1, schema: 'as given' });
      try {
        return (await tryCanary(db.pool, pool, name))
          .filter(({ what }) => what !== 'planner')
          .map(({ what, verdict }) => `${what} ${verdict}`);
      } finally {
        await pool.end();
      }
    };
    const worker = roles.urlAs('worker', db.url);
    expect(await said(worker)).toEqual(['worker well', 'canary well']);
    expect(await said(db.url)).toEqual(['worker weaker', 'canary well', 'canary weaker']);
    await db.pool.query(`alter table ${engine.queue.schema}.${engine.queue.table} disable trigger orchestra_guard`);
    await db.pool.query(`drop policy orchestra_brake on ${engine.table}`);
    expect(await said(worker)).toEqual(['worker well', 'canary broken', 'canary weaker']);
    const {
      rows: [left],
    } = await db.pool.query(
      `select (select count(*)::int from ${engine.table}) as jobs, (select count(*)::int from active_pauses) as pauses`,
    );
    expect(left).toEqual({ jobs: 0, pauses: 0 });
  });

  test('check names the roles that claim, by the last statements of their sessions', async () => {
    await attach(db.pool, name, engine.queue);
    const pool = makePool({ connectionString: db.url, applicationName: 'test', max: 1 });
    try {
      const {
        rows: [me],
      } = await pool.query<{ name: string }>('select current_user as name');
      await pool.query(`select from ${engine.queue.schema}.${engine.queue.table} limit 0 for update skip locked`);
      expect((await checkAttachment(db.pool, name)).find(({ what }) => what === 'claimers')).toMatchObject({
        verdict: 'weaker',
        words: expect.stringContaining(me?.name ?? 'nobody'),
      });
    } finally {
      await pool.end();
    }
  });
});

describe('an owner who is no superuser', () => {
  const own = testDatabase();

  test('attaches and removes a queue of his own, and is told what only a superuser can have', async () => {
    const name = new URL(own.url).pathname.slice(1);
    await own.pool.query(`grant create on database ${name} to ${roles.name('owner')}`);
    await boss.install(roles.urlAs('owner', own.url));
    for (const grant of [
      'usage, create on schema orchestra',
      'select, insert, delete on all tables in schema orchestra',
      'trigger on senate_pause',
    ]) {
      await own.pool.query(`grant ${grant} to ${roles.name('owner')}`);
    }
    await own.pool.query(
      `grant usage on schema orchestra to ${roles.name('worker')}; grant select
         on attachments, attached_elsewhere to ${roles.name('worker')}`,
    );
    const before = await catalogOf(own.pool);
    const worker = makePool({ connectionString: roles.urlAs('worker', own.url), applicationName: 'test', max: 2 });
    const owner = makePool({ connectionString: roles.urlAs('owner', own.url), applicationName: 'test', max: 2 });
    try {
      await expect(attach(worker, 'pg-boss', pgBoss())).rejects.toMatchObject({
        code: 'rights_missing',
        message: expect.stringContaining(roles.name('owner')),
      });
      await graphile.install(roles.urlAs('owner', own.url));
      await expect(attach(owner, 'graphile-worker', graphileWorker())).rejects.toMatchObject({
        code: 'rights_missing',
        message: expect.stringContaining('senate_pause'),
      });
      await own.pool.query('drop schema graphile_worker cascade');
      const { notes } = await attach(owner, 'pg-boss', pgBoss());
      expect(notes).toEqual([expect.stringContaining('only a superuser can have new partitions braked')]);
      await removeAttachment(owner, 'pg-boss');
    } finally {
      await owner.end();
      await worker.end();
    }
    expect(await catalogOf(own.pool)).toEqual(before);
  });
});

test('a partition that pg-boss makes later is braked as it comes, and remove takes that back too', async () => {
  await attach(db.pool, 'pg-boss', pgBoss());
  const made = new PgBoss({ connectionString: roles.urlAs('owner', db.url), supervise: false, schedule: false });
  await made.start();
  try {
    await made.createQueue('review', { partition: true });
    expect(
      (await checkAttachment(db.pool, 'pg-boss'))
        .filter(({ what }) => what === 'policy' || what === 'trigger')
        .map(({ verdict }) => verdict),
    ).toEqual(['well', 'well']);
    await made.send('review', { agent_id: 'skeptic' });
    const free = await made.send('review', { agent_id: 'librarian' });
    await pause('skeptic');
    expect((await made.fetch('review'))?.map(({ id }) => id)).toEqual([free]);
    await removeAttachment(db.pool, 'pg-boss');
    const { rows } = await db.pool.query(
      `select c.relname
         from pg_class c
        where c.relnamespace = 'pgboss'::regnamespace
          and (c.relrowsecurity or c.relforcerowsecurity)`,
    );
    expect(rows).toEqual([]);
    expect((await made.fetch('review'))?.length).toBe(1);
  } finally {
    await made.deleteQueue('review');
    await made.stop({ graceful: false });
  }
});

test('graphile-worker hears of an unpause by itself, and a serial queue goes on after a claim that was held back', async () => {
  await attach(db.pool, 'graphile-worker', graphileWorker());
  const { pause: made } = await pause('skeptic');
  const begun: string[] = [];
  const { run, Logger } = await import('graphile-worker');
  // As superuser: no policy keeps the claim from the paused job, so it locks the serial queue before the trigger holds
  // the job back.
  const runner = await run({
    connectionString: db.url,
    concurrency: 1,
    noHandleSignals: true,
    pollInterval: 3_600_000,
    logger: new Logger(() => () => {}),
    taskList: {
      lint: (payload) => {
        begun.push((payload as { n: string }).n);
      },
    },
  });
  try {
    await db.pool.query(
      'select graphile_worker.add_job(\'lint\', \'{"n": "A1", "agent_id": "skeptic"}\'::json, queue_name ' +
        "=> 'serial')",
    );
    await until(
      'the queue has been locked and let go',
      async () =>
        (
          await db.pool.query(
            `select from graphile_worker._private_job_queues q
              where q.queue_name = 'serial'
                and q.locked_at is null
                and q.xmin <> (select xmin from graphile_worker._private_jobs)`,
          )
        ).rowCount === 1,
    );
    expect(begun).toEqual([]);
    await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'dana' where id = $1", [made.id]);
    await until('it has run', () => begun.length === 1);
  } finally {
    await runner.stop();
  }
});

test('a covered job can be changed and cancelled while it waits, also by the role of the workers', async () => {
  await attach(db.pool, 'graphile-worker', graphileWorker());
  await attach(db.pool, 'pg-boss', pgBoss());
  await pause('skeptic');
  const owner = roles.urlAs('owner', db.url);
  await addWithKey(owner, { n: 'first', agent_id: 'skeptic' });
  await addWithKey(owner, { n: 'second', agent_id: 'skeptic' });
  expect(
    (await db.pool.query("select j.payload ->> 'n' as n from graphile_worker._private_jobs j where j.key = 'one'"))
      .rows,
  ).toEqual([{ n: 'second' }]);
  const made = new PgBoss({ connectionString: owner, supervise: false, schedule: false });
  await made.start();
  try {
    const id = await made.send('lint', { agent_id: 'skeptic' });
    if (id === null) throw new Error('pg-boss took no job');
    await made.cancel('lint', id);
    expect((await db.pool.query('select j.state from pgboss.job j where j.id = $1', [id])).rows).toEqual([
      { state: 'cancelled' },
    ]);
  } finally {
    await made.stop({ graceful: false });
  }
});

describe('any queue', () => {
  const described = {
    table: 'app.work',
    waiting: 'status=queued,retry',
    running: 'status=running',
    agent: 'meta.agent',
    skill: 'kind',
  };

  beforeAll(() =>
    db.pool.query(`
    create schema app;
    create table app.work (id bigint generated always as identity primary key, status text not null default 'queued',
                           kind text, meta jsonb);
    create view app.seen as select * from app.work;
    create function app.take() returns setof app.work language sql as $$
      update app.work w set status = 'running'
        where w.id = (select c.id
                        from app.work c
                       where c.status = 'queued'
                       order by c.id
                       limit 1 for update skip locked)
        returning w.* $$;
    grant usage on schema app to public; grant select, insert, update on app.work to public`),
  );

  test('P1 P19 what covers what is the same for jobs of any queue, whether the policy holds them or the trigger', async () => {
    await attach(db.pool, 'ours', givenQueue({ ...described, quest: 'meta.quest', actor: 'meta.actor' }));
    const worker = makePool({
      connectionString: roles.urlAs('worker', db.url),
      applicationName: 'test',
      max: 1,
      schema: 'as given',
    });
    try {
      for (const cases of Map.groupBy(COVER_CASES, ({ scope }) => JSON.stringify(scope)).values()) {
        const scope = cases[0]?.scope ?? { kind: 'fleet', value: '*' };
        await db.pool.query('truncate app.work restart identity');
        for (const { labels } of cases) {
          await db.pool.query('insert into app.work (kind, meta) values ($1, $2)', [
            labels.skill,
            { agent: labels.agent_id, quest: labels.quest_id, actor: labels.actor_id },
          ]);
        }
        const { pause: made } = await pauseScope(db.pool, {
          scope,
          reason: 'stop',
          ttlSeconds: null,
          by: 'dana',
          source: 'person',
        });
        const free = cases.flatMap(({ covered }, index) => (covered ? [] : [String(index + 1)]));
        for (const [by, pool] of [
          ['the policy', worker],
          ['the trigger', db.pool],
        ] as const) {
          const client = await pool.connect();
          await client.query('begin');
          const { rows } = await client.query<{ id: string }>(
            "update app.work set status = 'running' where status = 'queued' returning id::text as id",
          );
          await client.query('rollback');
          client.release();
          expect(rows.map(({ id }) => id).toSorted(), `${by}: ${JSON.stringify(scope)}`).toEqual(free.toSorted());
        }
        expect(await attachedWorkUnder(db.pool, made.scope, await listAttachedQueues(db.pool))).toMatchObject([
          { queued: cases.length - free.length },
        ]);
        await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where id = $1", [made.id]);
      }
    } finally {
      await worker.end();
      await db.pool.query('truncate app.work');
    }
  });

  test('P19 a queue that an earlier version has attached is told to be attached anew', async () => {
    await attach(db.pool, 'ours', givenQueue(described));
    expect((await listAttachedQueues(db.pool)).map(({ knowsFleet }) => knowsFleet)).toEqual([true]);
    await db.pool.query("update attachments set queue = queue - 'knowsFleet'");
    expect((await listAttachedQueues(db.pool)).map(({ knowsFleet }) => knowsFleet)).toEqual([false]);
    expect(
      (await checkAttachment(db.pool, 'ours')).filter(({ verdict }) => verdict === 'broken').map(({ what }) => what),
    ).toEqual(['fleet']);
  });

  test('P1 P2 a claim inside a function of the application is held as well, and seen by the settle', async () => {
    await attach(db.pool, 'ours', givenQueue(described));
    await db.pool.query(
      `insert into app.work (meta, kind) values ('{"agent": "skeptic"}', 'lint'), ('{"agent": "librarian"}', 'lint')`,
    );
    const worker = makePool({
      connectionString: roles.urlAs('worker', db.url),
      applicationName: 'test',
      schema: 'as given',
      max: 1,
      settings: { idle_in_transaction_session_timeout: '0' },
    });
    try {
      await pause('skeptic');
      expect((await worker.query('select t.meta from app.take() t')).rows).toEqual([{ meta: { agent: 'librarian' } }]);
      const claim = await worker.connect();
      await claim.query('begin');
      expect((await claim.query('select from app.take()')).rowCount).toBe(0);
      expect(await settleClaims(db.pool, { timeoutMs: 20 })).toBe(false);
      await claim.query('commit');
      claim.release();
      expect(await settleClaims(db.pool)).toBe(true);
    } finally {
      await worker.end();
      await db.pool.query('truncate app.work');
    }
  });

  test('a claim under REPEATABLE READ is refused with what to do, and everything else goes on', async () => {
    await attach(db.pool, 'ours', givenQueue(described));
    await db.pool.query(`insert into app.work (meta) values ('{}')`);
    const client = await db.pool.connect();
    try {
      await client.query('begin isolation level repeatable read');
      await client.query("update app.work set kind = 'lint'");
      await expect(client.query('select from app.take()')).rejects.toMatchObject({
        code: '0A000',
        hint: expect.stringContaining('READ COMMITTED'),
      });
    } finally {
      await client.query('rollback');
      client.release();
      await db.pool.query('truncate app.work');
    }
  });

  test.each([
    [{ table: 'app.nothing' }, 'queue_not_understood', 'there is no app.nothing'],
    [{ table: 'app.seen' }, 'queue_not_understood', 'is no table'],
    [{ agent: 'agent_id' }, 'queue_not_understood', 'has no column agent_id'],
    [{ agent: 'kind.agent' }, 'queue_not_understood', 'only json and jsonb have'],
  ])('%j is refused', async (change, code, words) => {
    const before = await catalogOf(db.pool);
    await expect(attach(db.pool, 'ours', givenQueue({ ...described, ...change }))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
    expect(await catalogOf(db.pool)).toEqual(before);
  });

  test('while somebody holds the table it waits shortly, says for whom, and goes on', async () => {
    const client = await db.pool.connect();
    await client.query('begin');
    await client.query('lock table app.work in access share mode');
    const waits: string[] = [];
    const attaching = attach(db.pool, 'ours', givenQueue(described), (words) => {
      waits.push(words);
      if (waits.length === 1) void client.query('commit');
    });
    await attaching;
    client.release();
    expect(waits[0]).toContain('waiting for backend');
    await expect(attach(db.pool, 'ours', givenQueue(described))).rejects.toMatchObject({ code: 'already_attached' });
    await expect(attach(db.pool, 'other', givenQueue(described))).rejects.toMatchObject({ code: 'already_attached' });
  });
});

test('P19 a pause of a skill and an agent holds jobs that have only the number of their task', async () => {
  await attach(db.pool, 'graphile-worker', graphileWorker());
  await db.pool.query(
    'select graphile_worker.add_job(\'lint\', \'{"agent_id": "skeptic"}\'::json), ' +
      'graphile_worker.add_job(\'lint\', \'{"agent_id": "librarian"}\'::json), ' +
      'graphile_worker.add_job(\'review\', \'{"agent_id": "skeptic"}\'::json)',
  );
  await pauseScope(db.pool, {
    scope: { kind: 'agent', value: 'skeptic', also: { skill: 'lint' } },
    reason: 'stop',
    ttlSeconds: null,
    by: 'dana',
    source: 'person',
  });
  const client = await db.pool.connect();
  await client.query('begin');
  // A superuser, so the trigger holds it.
  const { rows } = await client.query<{ agent: string }>(
    `update graphile_worker._private_jobs j set locked_at = now(), locked_by = 'me'
       where j.locked_at is null
       returning j.payload ->> 'agent_id' as agent, j.task_id`,
  );
  await client.query('rollback');
  client.release();
  expect(rows).toHaveLength(2);
  expect(rows.map(({ agent }) => agent).toSorted()).toEqual(['librarian', 'skeptic']);
  await db.pool.query('truncate graphile_worker._private_jobs');
});
