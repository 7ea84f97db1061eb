import { ExistingAlertsError, makePool, migrate, pendingMigrations, type Database } from '@orchestra/database';
import { PATIENT, testDatabase } from '@orchestra/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ackAlert,
  ALERTMANAGER_LABELS,
  alertsTableProblems,
  autoPauseCandidates,
  checkAlertsTable,
  listAlerts,
  recordAlert,
  recordAlertmanager,
  stayPauses,
  toAlertView,
} from '../src/index.ts';
import { alertmanagerWebhook, alertView } from '../src/contract/index.ts';

const db = testDatabase({ empty: true });
const problem = async (): Promise<string> => (await alertsTableProblems(db.pool)).join('; ');

test('a senate_alerts that another system made with fewer columns is migrated, its rows stay, and they are no fresh alerts', async () => {
  await db.pool.query('create table public.senate_alerts (kind text, ref_id text, severity text)');
  await db.pool.query(
    `insert into public.senate_alerts select 'loop', 'acct-1', case when n = 4 then 'sev-1' else 'critical' end
       from generate_series(1, 4) as n`,
  );
  await migrate(db.url);
  expect(await listAlerts(db.pool, { refId: 'acct-1', limit: 10 })).toMatchObject(
    Array.from({ length: 4 }, () => ({ kind: 'loop', createdAt: null, ackAt: null })),
  );
  expect(await autoPauseCandidates(db.pool)).toEqual([]);
  await recordAlert(db.pool, { kind: 'loop', ref_id: 'acct-1', severity: 'critical', by: 'dana' });
  // The other system's own severities go on, to be recorded and to be acknowledged.
  await db.pool.query("insert into senate_alerts (kind, ref_id, severity) values ('x', 'y', 'sev-1')");
  await db.pool.query("update senate_alerts set ack_at = now() where severity = 'sev-1'");
});

test('what stands in the way of an alert is named with the column', async () => {
  const {
    rows: [{ before } = { before: '' }],
  } = await db.pool.query<{ before: string }>('select count(*) as before from senate_alerts');
  expect(await problem()).toBe('');
  await db.pool.query(
    `alter table senate_alerts add column source text not null default 'x',
     add constraint only_theirs check (severity <> 'medium')`,
  );
  expect(await problem()).toMatch(/only_theirs.*\(column severity\)/);
  await db.pool.query('alter table senate_alerts drop constraint only_theirs, alter column source drop default');
  expect(await problem()).toMatch(/alter column source set default/);
  await db.pool.query(
    `update senate_alerts set source = id; alter table senate_alerts alter column source set default 'x',
       add constraint one_each unique (source)`,
  );
  expect(await problem()).toMatch(/one_each.*\(column source\)/);
  await db.pool.query('alter table senate_alerts drop column source');
  expect(await db.pool.query('select count(*) as before from senate_alerts')).toMatchObject({ rows: [{ before }] });
});

test('a column whose type has become another is named, and the check for /readyz notices each change', async () => {
  const ready = checkAlertsTable(db.pool);
  expect(await ready()).toBeUndefined();
  await db.pool.query('drop index senate_alerts_behind; alter table senate_alerts alter column created_at type text');
  expect(await ready()).toMatch(/column created_at of public\.senate_alerts is text, .*type timestamptz/);
  expect(await problem()).toMatch(/column created_at/);
  await db.pool.query(
    'alter table senate_alerts alter column created_at type timestamptz using created_at::timestamptz',
  );
  expect(await ready()).toBeUndefined();
  await db.pool.query(
    `alter table senate_alerts add column tenant int
         not null default 1 check (tenant > 0); alter table senate_alerts alter column tenant set default 0`,
  );
  expect(await ready()).toBe('senate_alerts takes no alert of Orchestra: `orchestra doctor` says why');
  await db.pool.query('alter table senate_alerts drop column tenant');
  expect(await ready()).toBeUndefined();
});

describe('a table with rules of its own', () => {
  const theirs = testDatabase({ empty: true });

  test('in another schema of the search_path is adapted: every alert of Orchestra fits, every alert of the other system goes on', async () => {
    await theirs.pool.query(`
      create table public.senate_alerts (
        id serial primary key, kind varchar(12) not null, ref_id varchar(20) not null,
        severity varchar(10) not null default 'warning', details jsonb not null default '{}',
        source text not null, region text not null default 'eu', score numeric(3, 2) not null, urgent boolean not null,
        tags text[] not null, at_host uuid not null,
        created_at timestamptz not null default now(), ack_by varchar(30) not null default '');
      insert into public.senate_alerts (kind, ref_id, severity, source, score, urgent, tags, at_host) select 'old',
        'a-' || n, 'CRITICAL', 's', 1, true, '{}', gen_random_uuid()
        from generate_series(1, 60) n;
      create schema brake`);
    await theirs.pool.query(`alter database ${new URL(theirs.url).pathname.slice(1)} set search_path = brake, public`);
    await migrate(theirs.url);
    const pool = makePool({ connectionString: theirs.url, applicationName: 'test', ...PATIENT });
    try {
      expect(
        (
          await pool.query(
            "select 'senate_alerts'::regclass::text as name, to_regclass('brake.senate_alerts') as second",
          )
        ).rows,
      ).toEqual([{ name: 'senate_alerts', second: null }]);
      expect(await alertsTableProblems(pool)).toEqual([]);
      const longest = 'x'.repeat(200);
      const alert = await recordAlert(pool, { kind: longest, ref_id: longest, severity: 'critical', by: longest });
      await ackAlert(pool, { id: alert.id, by: longest });
      const webhook = alertmanagerWebhook.parse({
        version: '4',
        alerts: [
          {
            status: 'firing',
            labels: { alertname: 'A', actor: 'a' },
            annotations: {},
            startsAt: '2026-11-21T02:30:00Z',
          },
        ],
      });
      expect(await recordAlertmanager(pool, webhook, { labels: ALERTMANAGER_LABELS, by: 'am' })).toMatchObject({
        accepted: 1,
      });
      await pool.query(
        `insert into senate_pause (scope_kind, scope_value, paused_at, ttl_seconds, ends_as)
           values ('agent', 'x', now() - interval '1 minute', 1, 'stay')`,
      );
      expect(await stayPauses(pool)).toBe(1);
      await pool.query(
        `insert into public.senate_alerts (kind, ref_id, severity, source, score, urgent, tags, at_host)
           values ('new', 'b', 'warning', 's', 1, true, '{}', gen_random_uuid())`,
      );
      await pool.query("update public.senate_alerts set ack_at = now() where severity = 'CRITICAL'");
      const first = await listAlerts(pool, { limit: 50 });
      const second = await listAlerts(pool, { limit: 50, beforeId: first.at(-1)?.id });
      expect([...first, ...second].map(toAlertView).filter((view) => !alertView.safeParse(view).success)).toEqual([]);
      expect([...first, ...second]).toHaveLength(64);
    } finally {
      await pool.end();
    }
  });
});

describe('what Orchestra cannot work with is refused before anything is changed', () => {
  const theirs = testDatabase({ empty: true });
  let plain: Database;
  beforeAll(() => {
    plain = makePool({
      connectionString: theirs.url,
      applicationName: 'the other system',
      schema: 'as given',
      ...PATIENT,
    });
  });
  afterAll(() => plain.end());
  const COLUMNS =
    "kind text, ref_id text, severity text default 'medium', details jsonb, created_at timestamptz default now()";
  const table = (columns: string): string => `create table senate_alerts (${columns})`;

  const CASES: readonly [string, string, RegExp][] = [
    [
      'a view',
      `create table alarms (id bigserial primary key, ${COLUMNS}); create view senate_alerts as select * from alarms`,
      /public\.senate_alerts is a view/,
    ],
    ['a materialized view', 'create materialized view senate_alerts as select 1 as id', /is a materialized view/],
    [
      'a partitioned table',
      `create table senate_alerts (id bigserial, ${COLUMNS}) partition by range (created_at)`,
      /is a partitioned table/,
    ],
    [
      'a partition',
      `create table alarms (id bigserial,
                            ${COLUMNS}) partition by range (created_at); create table senate_alerts partition of alarms default`,
      /is a partition of another table/,
    ],
    [
      'a table with heirs',
      `${table(`id bigserial primary key, ${COLUMNS}`)}; create table old_alerts () inherits (senate_alerts)`,
      /inherit from it/,
    ],
    ['a sequence', 'create sequence senate_alerts', /is a sequence/],
    [
      'a text id',
      table(`id text primary key, ${COLUMNS}`),
      /column id of public\.senate_alerts is text.*rename column id/,
    ],
    ['a uuid id', table(`id uuid primary key default gen_random_uuid(), ${COLUMNS}`), /column id .*is uuid/],
    ['a numeric id', table(`id numeric primary key, ${COLUMNS}`), /column id .*is numeric.*type bigint/],
    [
      'an id without a default',
      table(`id bigint primary key, ${COLUMNS}`),
      /column id .*has no default.*generated by default as identity/,
    ],
    [
      'an id twice',
      `${table(`id bigint default 1, ${COLUMNS}`)}; insert into senate_alerts (kind) values ('a'), ('b')`,
      /column id .*in several rows/,
    ],
    [
      'no id in a row',
      `${table(`id bigint default 1, ${COLUMNS}`)}; insert into senate_alerts (id) values (null)`,
      /column id .*is null in some rows/,
    ],
    [
      'a time as text',
      table('id bigserial primary key, kind text, created_at text default now()::text'),
      /column created_at .*is text.*type timestamptz/,
    ],
    [
      'a time without time zone',
      table('id bigserial primary key, created_at timestamp default now()'),
      /column created_at .*is timestamp without time zone.*at time zone/,
    ],
    ['a time as a number', table('id bigserial primary key, ack_at bigint'), /column ack_at .*is bigint/],
    [
      'an acknowledgement that is required',
      table(`id bigserial primary key, ${COLUMNS}, ack_at timestamptz not null default '-infinity'`),
      /column ack_at .*is required/,
    ],
    [
      'an acknowledgement by default',
      table(`id bigserial primary key, ${COLUMNS}, ack_at timestamptz default now()`),
      /column ack_at .*has a default/,
    ],
    [
      'severities of an enum',
      "create type sev as enum ('low', 'critical'); create table senate_alerts (id bigserial primary key, severity sev)",
      /column severity .*is sev.*type text using severity::text/,
    ],
    ['severities as numbers', table('id bigserial primary key, severity int'), /column severity .*is integer/],
    [
      'severities by a check',
      table(
        "id bigserial primary key, kind text, severity text default 'warning' check (severity in ('info', " +
          "'warning', 'CRITICAL'))",
      ),
      /senate_alerts_severity_check.*\(column severity\)/,
    ],
    ['details as text', table('id bigserial primary key, details text'), /column details .*is text.*jsonb/],
    [
      'a generated column',
      table("id bigserial primary key, severity text, kind text generated always as (severity || '!') stored"),
      /column kind .*is generated/,
    ],
    [
      'a required column that nothing fits',
      `create type region as enum ('eu'); ${table(`id bigserial primary key, ${COLUMNS}, region region not null`)}`,
      /column region of public\.senate_alerts is region and required.*set default/,
    ],
    [
      'a required text that is too short',
      table(`id bigserial primary key, ${COLUMNS}, country char(2) not null`),
      /column country .*is character\(2\) and required/,
    ],
    [
      'a required column that is unique',
      table(`id bigserial primary key, ${COLUMNS}, external text not null unique`),
      /senate_alerts_external_key.*\(column external\)/,
    ],
    [
      'a required column of another table',
      `create table tenants (id int primary key); ${table(`id bigserial primary key, ${COLUMNS}, tenant int not ` + 'null references tenants')}`,
      /senate_alerts_tenant_fkey.*\(column tenant\)/,
    ],
    [
      'a required domain',
      `create domain must as text not null; ${table(`id bigserial primary key, ${COLUMNS}, owner must`)}`,
      /domain must does not allow null values/,
    ],
    [
      'an actor in the primary key',
      table('id bigserial, ref_id text, primary key (ref_id, id)'),
      /column ref_id .*part of the primary key/,
    ],
    [
      'a short text that a view needs',
      `${table('id bigserial primary key, ref_id varchar(20)')}; create view acts as select ref_id from senate_alerts`,
      /too long.*columns ref_id is too short/,
    ],
    [
      'a name that Orchestra gives',
      table(`id bigserial primary key, ${COLUMNS}, source_key text`),
      /column source_key .*rename/,
    ],
    [
      'an index of a name that Orchestra gives',
      `${table(`id bigserial primary key, ${COLUMNS}`)}; create index senate_alerts_critical on ` +
        'senate_alerts (severity)',
      /public\.senate_alerts_critical is taken/,
    ],
    [
      'a trigger that swallows',
      `${table(`id bigserial primary key, ${COLUMNS}`)}; create function swallow() returns trigger ` +
        `language plpgsql as 'begin return null; end'; create trigger t before insert on senate_alerts for ` +
        'each row execute function swallow()',
      /not kept as it is given/,
    ],
    [
      'runaway alerts twice',
      `${table(`id bigserial primary key, ${COLUMNS}`)}; insert into senate_alerts (kind, details) select ` +
        `'runaway', '{"run_id": "r"}' from generate_series(1, 2)`,
      /column details .*run_id/,
    ],
  ];

  test.each(CASES)('%s', async (_what, sql, words) => {
    await plain.query(`drop schema public cascade; create schema public; ${sql}`);
    const pending = await pendingMigrations(theirs.pool);
    const refusal: unknown = await migrate(theirs.url).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ExistingAlertsError);
    expect(String(refusal)).toMatch(words);
    expect(await pendingMigrations(theirs.pool)).toBe(pending);
    expect((await theirs.pool.query("select to_regclass('senate_pause') as pauses")).rows).toEqual([{ pauses: null }]);
  });

  test('two of them in the search_path', async () => {
    await plain.query(
      `drop schema public cascade; create schema public; create schema older; create table older.senate_alerts (kind text); create table senate_alerts (kind text)`,
    );
    await expect(
      migrate(`${theirs.url}${theirs.url.includes('?') ? '&' : '?'}options=-c%20search_path%3Dolder,public`),
    ).rejects.toThrow(/older\.senate_alerts and public\.senate_alerts both/);
  });

  test('a foreign table, where the server has an extension for them', async ({ skip }) => {
    const {
      rows: [extension],
    } = await theirs.pool.query(
      "select name from pg_available_extensions where name in ('file_fdw', 'postgres_fdw') order by name limit 1",
    );
    if (extension === undefined) return skip('this server comes without file_fdw and postgres_fdw');
    await plain.query(
      `drop schema public cascade; create schema public; create extension if
           not exists ${extension.name}; create server elsewhere foreign data wrapper ${extension.name}`,
    );
    const options = extension.name === 'file_fdw' ? "filename '/dev/null'" : "table_name 'x'";
    await plain.query(
      `create foreign table senate_alerts (id bigint, kind text) server elsewhere options (${options})`,
    );
    await expect(migrate(theirs.url)).rejects.toThrow(/public\.senate_alerts is a foreign table/);
  });
});
