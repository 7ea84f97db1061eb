import { makePool, migrate, pendingMigrations, type Database } from '@orchestra/database';
import { createDatabaseReplica, createToken, listActivePauses, pauseScope, settleClaims } from '@orchestra/pause-core';
import { PATIENT, startPooler, testDatabase, until } from '@orchestra/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { completeRun, findTask } from '../src/index.ts';
import { add, claim, ids, pause } from './fixtures.ts';

// The schema of a role's own name comes first, and the tests may run as a role called orchestra.
const AS_APPLICATION = '?options=-c%20search_path%3Dpublic';

const open: Database[] = [];
afterEach(async () => {
  for (const pool of open.splice(0)) await pool.end();
});

/** A pool of Orchestra's, or with `'as given'` one of another program's. */
function poolOn(connectionString: string, schema?: string): Database {
  const pool = makePool({
    connectionString,
    applicationName: 'test',
    ...PATIENT,
    ...(schema === undefined ? {} : { schema }),
  });
  open.push(pool);
  return pool;
}

/** What every installation has to be able to do. */
async function isAtWork(db: Database): Promise<void> {
  expect(await pendingMigrations(db)).toBe(0);
  await pause(db, { kind: 'agent', value: 'skeptic' });
  const [held, free] = await add(db, { agent_id: 'skeptic' }, { agent_id: 'builder', repo: 'r' });
  const claimed = await claim(db, { limit: 10 });
  expect(ids(claimed)).toEqual([free]);
  await completeRun(db, free ?? '', claimed[0]?.run_id ?? '', 'done');
  expect(await findTask(db, free ?? '')).toMatchObject({ status: 'succeeded' });
  expect(await findTask(db, held ?? '')).toMatchObject({ status: 'queued' });
}

// An application with our names, whose every row and catalog entry has to stay.
const APPLICATION = `
  create table tasks (id text primary key, title text not null default 'untitled', status int);
  create table task_events (n int); create table api_tokens (token text); create table known_labels (x int);
  create sequence tasks_id_seq;
  create function lane_key(int) returns int language sql as 'select 1';
  create function senate_ring() returns trigger language plpgsql
    as 'begin raise exception ''the application''''s own''; end';
  create schema drizzle; create table drizzle.__drizzle_migrations (id serial primary key, hash text not null,
    created_at bigint);
  insert into drizzle.__drizzle_migrations (hash, created_at) values ('of the application', 1999999999999);
  insert into tasks values ('a', 'one', 1), ('b', 'two', 2); insert into task_events values (1); insert into api_tokens
    values ('t')`;

const OUTSIDE = "n.nspname not like 'pg\\_%' and n.nspname not in ('orchestra', 'information_schema')";
const OUTSIDE_STATE = `
  select c.oid::bigint, c.relname::text as name, c.xmin::text, c.relacl::text, c.reltriggers,
         (select json_agg(a order by a.attnum) from pg_attribute a where a.attrelid = c.oid) as parts
    from (select c.oid, c.xmin, c.relname, c.relacl, c.relnamespace,
                 (select count(*) from pg_trigger t where t.tgrelid = c.oid)::int as reltriggers
            from pg_class c) c
    join pg_namespace n on n.oid = c.relnamespace
   where ${OUTSIDE} and c.relname not in ('senate_pause', 'senate_alerts', 'active_pauses')
  union all select p.oid::bigint, p.proname, p.xmin::text, p.proacl::text, 0, to_json(p.prosrc)
   from pg_proc p
   join pg_namespace n on n.oid = p.pronamespace
  where ${OUTSIDE}
  union all select n.oid::bigint, n.nspname, n.xmin::text, n.nspacl::text, 0, null from pg_namespace n where ${OUTSIDE}
   order by 1`;
const ROWS = `select query_to_xml('select xmin, * from public.tasks', true, true, '')::text as tasks,
          query_to_xml('select xmin, * from drizzle.__drizzle_migrations', true, true, '')::text as list`;

describe('P20 a schema of its own', () => {
  const shared = testDatabase({ empty: true });
  const hostile = testDatabase({ empty: true });
  const twice = testDatabase({ empty: true });
  const pooled = testDatabase({ empty: true });
  const owned = testDatabase({ empty: true });
  const alone = testDatabase({ empty: true });

  test('P20 an application’s own tasks table is untouched, in the catalog and in its rows', async () => {
    const application = poolOn(shared.url + AS_APPLICATION, 'as given');
    await application.query(APPLICATION);
    const before = [(await application.query(OUTSIDE_STATE)).rows, (await application.query(ROWS)).rows];
    await migrate(shared.url);
    await isAtWork(poolOn(shared.url));
    expect([(await application.query(OUTSIDE_STATE)).rows, (await application.query(ROWS)).rows]).toEqual(before);
    expect((await application.query('select count(*)::int as n from tasks where status > 0')).rows).toEqual([{ n: 2 }]);
  });

  test('P20 psql finds all tables by name in a database that Orchestra has to itself, and in no other', async () => {
    await migrate(alone.url);
    // A session that began before keeps the path that it has.
    expect((await poolOn(alone.url, 'as given').query('select count(*)::int as n from tasks')).rows).toEqual([
      { n: 0 },
    ]);
    const application = poolOn(alone.url, 'as given');
    await application.query('create table public.tasks (id text)');
    await application.query("insert into public.tasks values ('of the application')");
    await isAtWork(poolOn(alone.url));
    const { rowCount } = await poolOn(shared.url).query(
      'select from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase where d.datname = current_database()',
    );
    expect(rowCount, 'beside an application nothing is set').toBe(0);
  });

  test('P20 other systems reach the pauses and alerts by name', async () => {
    const other = poolOn(shared.url, 'as given');
    await other.query(
      `insert into senate_pause (scope_kind, scope_value, paused_by)
         values ('agent', 'by name', 'psql'); insert into senate_alerts (kind, ref_id, severity)
           values ('x', 'y', 'low')`,
    );
    expect((await other.query("select scope_value from active_pauses where scope_value = 'by name'")).rowCount).toBe(1);
    expect(
      (
        await other.query(
          "update senate_pause set cleared_at = now(), cleared_by = 'psql' where scope_value = 'by name'",
        )
      ).rowCount,
    ).toBe(1);
    const { rows } = await poolOn(shared.url).query(
      "select a.by, a.action from senate_audit a where a.data ->> 'scope_value' = 'by name' order by a.id",
    );
    expect(rows).toMatchObject([{ by: 'psql', action: 'pause.created' }, { action: 'pause.cleared' }]);
  });

  test('P20 every function of ours in PL/pgSQL has the schema as its search_path, and none in SQL, which a setting would slow', async () => {
    const db = poolOn(shared.url);
    const { rows } = await db.query<{ name: string; language: string; ofOwner: boolean; path: string | null }>(
      `select p.proname as name, l.lanname as language, p.prosecdef as "ofOwner",
              (select s from unnest(p.proconfig) s where s like 'search_path=%') as path
         from pg_proc p join pg_language l on l.oid = p.prolang where p.pronamespace = 'orchestra'::regnamespace`,
    );
    // Which names nothing of ours
    const inPlpgsql = rows.filter(({ name, language }) => language === 'plpgsql' && name !== 'job_is_paused');
    expect(inPlpgsql.length).toBeGreaterThan(40);
    expect(inPlpgsql.filter(({ path }) => path === null || !/^search_path="?orchestra"?, pg_temp$/.test(path))).toEqual(
      [],
    );
    expect(rows.filter(({ language, ofOwner, path }) => language !== 'plpgsql' && (path !== null) !== ofOwner)).toEqual(
      [],
    );
  });

  test.each(['role', 'database', 'address'] as const)(
    'P20 a hostile search_path by %s leads nowhere else',
    async (by) => {
      const role = `orchestra_hostile_${process.pid}_${by}`;
      const admin = poolOn(hostile.url, 'as given');
      const name = new URL(hostile.url).pathname.slice(1);
      await admin.query(`
      drop schema if exists evil cascade; create schema evil; drop schema if exists orchestra cascade;
      create table evil.tasks (id int); create table evil.senate_alerts_not (id int);
      create table evil.claim_marker (never int);
      create table evil.active_pauses (scope_kind text, scope_value text);
      create function evil.orchestra_turn(jsonb, text, text, text, jsonb, text[], text[], int, text[], jsonb, int,
                                          float8) returns int language sql as 'select 1/0';
      create function evil.now() returns timestamptz language sql as 'select ''-infinity''::timestamptz';
      drop view if exists public.senate_pause, public.senate_alerts,
      public.active_pauses; drop role if exists ${role}; create role ${role} superuser login password 'h'`);
      const url = Object.assign(new URL(hostile.url), { username: role, password: 'h' });
      const PATH = 'evil, pg_catalog, public';
      if (by === 'role') await admin.query(`alter role ${role} set search_path = ${PATH}`);
      if (by === 'database') await admin.query(`alter database ${name} set search_path = ${PATH}`);
      if (by === 'address') url.search = `?options=-c%20search_path=${PATH.replaceAll(' ', '')}`;
      try {
        await migrate(url.href);
        await isAtWork(poolOn(url.href));
        const other = poolOn(url.href, 'as given');
        expect((await other.query('show search_path')).rows).toEqual([
          { search_path: by === 'address' ? PATH.replaceAll(' ', '') : PATH },
        ]);
        // Another program's rows in every door, and those of a restore, whose path is empty.
        for (const path of [PATH, '']) {
          await other.query(`select set_config('search_path', '${path}', false)`);
          await other.query(
            `insert into orchestra.senate_pause (scope_kind, scope_value, ttl_seconds)
               values ('quest', 'by hand', 60); update orchestra.senate_pause set cleared_at = pg_catalog.now()
               where scope_value = 'by hand'`,
          );
          await other.query(
            `insert into orchestra.senate_alerts (kind, ref_id, severity)
               values ('x', 'y', 'critical'); update orchestra.senate_alerts set ack_at = pg_catalog.now()`,
          );
          await other.query(
            `insert into orchestra.tasks (skill, repo) values ('s', 'by hand'); update orchestra.tasks
               set paused_at = pg_catalog.now()
               where repo = 'by hand'; update orchestra.repo_gates set frozen_at = pg_catalog.now()
               where repo = 'by hand'`,
          );
          expect(
            (await other.query("select from orchestra.task_events e where e.kind = 'queued'")).rowCount,
          ).toBeGreaterThan(0);
          await other.query(
            "delete from orchestra.tasks where repo = 'by hand'; update orchestra.repo_gates set frozen_at = null",
          );
        }
        expect((await admin.query('select from evil.tasks')).rowCount).toBe(0);
      } finally {
        await Promise.all(
          open
            .splice(0)
            .filter((pool) => pool !== admin)
            .map((pool) => pool.end()),
        );
        open.push(admin);
        await admin.query(
          `alter database ${name} reset search_path; reassign owned by ${role} to current_user; drop owned by ${role}; drop role ${role}`,
        );
      }
    },
  );

  test('P20 two installations in one database share nothing but the bell', async () => {
    const names = ['one', `My "Team's" \\ two`] as const;
    for (const schema of names) await migrate(twice.url, { schema });
    const [one, two] = [poolOn(twice.url, names[0]), poolOn(twice.url, names[1])];
    await isAtWork(one);
    expect(await listActivePauses(two)).toEqual([]);
    const replica = createDatabaseReplica({ pool: two, listenConnectionString: twice.url, rereadEveryMs: 600_000 });
    await replica.start();
    try {
      const named: string[] = [];
      replica.on('named', ({ pause: { scope } }) => named.push(scope.value));
      await pauseScope(one, {
        scope: { kind: 'agent', value: 'of one' },
        reason: '',
        ttlSeconds: null,
        by: 'dana',
        source: 'person',
      });
      await pauseScope(two, {
        scope: { kind: 'agent', value: 'of two' },
        reason: '',
        ttlSeconds: null,
        by: 'dana',
        source: 'person',
      });
      await until('the second has heard of its own', () => replica.isPaused({ agentId: 'of two' }).paused);
      expect(named).toEqual(['of two']);
      expect(replica.isPaused({ agentId: 'of one' }).paused).toBe(false);
    } finally {
      await replica.stop();
    }
    // An open claim there is none here.
    const claims = await one.connect();
    await claims.query('begin; select from claim_marker');
    expect(await settleClaims(two, { timeoutMs: 200 })).toBe(true);
    await claims.query('rollback');
    claims.release();
    await createToken(two, { name: 'a', role: 'worker', by: 'dana' });
    await isAtWork(two);
    expect((await one.query('select from api_tokens')).rowCount).toBe(0);
  });

  test('P20 behind a pooler in transaction mode each statement runs in the schema', async () => {
    await migrate(pooled.url, { schema: 'My Team' });
    const pooler = await startPooler(pooled.url, { default_pool_size: 2 });
    try {
      const db = poolOn(pooler.url, 'My Team');
      await isAtWork(db);
      const stranger = poolOn(pooler.url, 'as given');
      const paths = await Promise.all(Array.from({ length: 8 }, () => stranger.query('show search_path')));
      expect(new Set(paths.map(({ rows: [row] }) => row.search_path))).toEqual(new Set(['"$user", public, "My Team"']));
      expect(
        (await Promise.all(Array.from({ length: 8 }, () => db.query('select current_schema() as home')))).map(
          ({ rows: [row] }) => row.home,
        ),
      ).toEqual(Array(8).fill('My Team'));
    } finally {
      await Promise.all(open.splice(0).map((pool) => pool.end()));
      await pooler.stop();
    }
  });

  test('P20 who owns the schema alone may migrate, without a right to make schemas or anything in public', async () => {
    const role = `orchestra_schema_owner_${process.pid}`;
    const url = Object.assign(new URL(owned.url), { username: role, password: 'o' }).href;
    const admin = poolOn(owned.url, 'as given');
    await admin.query(
      `create role ${role} login password 'o'; revoke create on schema public
         from public; create schema orchestra authorization ${role}`,
    );
    try {
      const { applied, total } = await migrate(url);
      expect(applied).toBe(total);
      await isAtWork(poolOn(url));
      expect((await admin.query("select to_regclass('public.senate_pause') as view")).rows).toEqual([{ view: null }]);
    } finally {
      await Promise.all(
        open
          .splice(0)
          .filter((pool) => pool !== admin)
          .map((pool) => pool.end()),
      );
      open.push(admin);
      await admin.query(`drop owned by ${role} cascade; drop role ${role}`);
    }
  });
});
