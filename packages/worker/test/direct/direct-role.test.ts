// What the role of direct workers may do, and nothing else; and what a worker says that cannot work.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, workerGrants } from '@orchestra/database';
import { startCluster } from '@orchestra/local-postgres';
import { testDatabase, until } from '@orchestra/testkit';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createWorker } from '../../src/index.ts';
import { connectQueue } from '../../src/direct/index.ts';
import { Heard } from '../heard.ts';
import { fresh, gate } from '../orchestra.ts';
import { directFleet, handOf } from './fleet.ts';

const fleet = directFleet();
const empty = testDatabase({ empty: true });
const STRANGER = `orchestra_test_stranger_${process.pid}`;
let hand: ReturnType<typeof handOf>;

beforeAll(async () => {
  hand = handOf(fleet.url);
  await fleet.db.pool.query(`create role ${STRANGER} login password 'direct'`);
});
afterAll(async () => {
  await hand.end();
  await fleet.db.pool.query(`drop role ${STRANGER}`);
});

describe('the role', () => {
  test('reads no table and no view, and changes none', async () => {
    const { rows } = await hand.query<{ name: string; rights: string[] }>(`
      select c.oid::regclass::text as name,
             array(select r
                     from unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']) r
                    where has_table_privilege(c.oid, r)) as rights
        from pg_class c
       where c.relkind in ('r', 'v', 'm', 'f', 'p')
         and c.relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema', 'pg_toast')`);
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.filter(({ rights }) => rights.length > 0)).toEqual([]);
    const { rows: sequences } = await hand.query(
      `with s as materialized (select c.oid from pg_class c where c.relkind = 'S') select s.oid::regclass::text
         from s
         where has_sequence_privilege(s.oid, 'usage, select, update')`,
    );
    expect(sequences).toEqual([]);
  });

  test('executes with the owner’s rights what it was granted, and nothing else', async () => {
    const { rows } = await hand.query<{ name: string }>(`
      select p.proname as name from pg_proc p
       where p.prosecdef and p.pronamespace = current_schema()::regnamespace and p.prorettype <> 'trigger'::regtype
         and has_function_privilege(p.oid, 'execute')
       order by p.proname`);
    const [, execute = ''] = workerGrants('x');
    const granted = [...execute.matchAll(/orchestra_work\w*/g)].map(([name]) => name).toSorted();
    // forget_events asks for the right to delete itself.
    expect(rows.map(({ name }) => name).toSorted()).toEqual(['forget_events', ...granted]);
    await expect(hand.query('select forget_events(array[1]::bigint[])')).rejects.toMatchObject({ code: '42501' });
  });

  test.each([
    ["insert into senate_pause (scope_kind, scope_value) values ('agent', 'x')"],
    ['update senate_pause set cleared_at = now()'],
    ['select * from senate_pause'],
    ['select * from tasks'],
    ['select * from orchestra_turn(null, null, null, null, null, null, null, 1, null, null, null, 60) t'],
    ["select orchestra_add('[{}]', 'x', null)"],
    ["select take_away_runs('process_gone', null, null, array[gen_random_uuid()], null)"],
    ['select beat_runs(\'[{"id": "1"}]\')'],
    ['select * from api_tokens'],
    ['create table mine ()'],
    ['do $$ begin lock table claim_marker in access share mode; end $$'],
  ])('is refused: %s', async (statement) => {
    await expect(hand.query(statement)).rejects.toMatchObject({ code: '42501' });
  });

  test('cannot slip tables of its own under the functions, nor settings of its own under the triggers', async () => {
    const skill = fresh('temporary');
    const client = await hand.connect();
    try {
      for (const name of [
        'tasks',
        'senate_pause',
        'active_pauses',
        'queue_settings',
        'task_totals',
        'task_lanes',
        'event_batches',
        'known_labels',
      ])
        await client.query(`create temporary table ${name} (id int)`);
      await client.query("set orchestra.counts_itself = 'on'; set orchestra.who = 'dana'");
      const {
        rows: [added],
      } = await client.query<{ ids: string[] }>('select orchestra_work_add($1, null) as ids', [
        JSON.stringify([{ skill, priority: 0, payload: {}, max_attempts: 1, max_crashes: 1 }]),
      ]);
      const {
        rows: [row],
      } = await client.query<{ tasks: string }>(
        "select t.tasks from orchestra_work(null, 'w', null, '{}', null, array[$1], 1, null) t",
        [skill],
      );
      const [task]: { id: string; run_id: string }[] = JSON.parse(row?.tasks ?? '[]');
      expect(task?.id).toBe(added?.ids[0]);
      await client.query("select orchestra_work($1, 'w', null, null, null, null, null, null)", [
        JSON.stringify([{ as: 'completed', ...task }]),
      ]);
      expect(await fleet.statusOf(task?.id ?? '')).toBe('succeeded');
      const {
        rows: [by],
      } = await fleet.db.pool.query<{ by: string }>("select e.by from events_of_task($1) e where e.kind = 'queued'", [
        task?.id,
      ]);
      expect(by?.by).toBe(new URL(fleet.url).username);
    } finally {
      client.release(true);
    }
  });

  test('P2 under another isolation level each call is refused: its claim could not see the pause', async () => {
    const client = await hand.connect();
    try {
      await client.query('begin isolation level repeatable read');
      await expect(client.query("select orchestra_work(null, 'w', null, '{}', null, null, 1, null)")).rejects.toThrow(
        'READ COMMITTED',
      );
    } finally {
      client.release(true);
    }
  });

  test('events and endings of other kinds than a worker’s are refused', async () => {
    await expect(
      hand.query(
        'select orchestra_work(\'[{"as": "reaped", "id": "1", "run_id": ' +
          "\"00000000-0000-8000-8000-000000000000\"}]', 'w', null, null, null, null, null, null)",
      ),
    ).rejects.toThrow('each as completed, failed, released, held or retried');
  });
});

describe('start() rejects, and says what to do', () => {
  const at = (change: (url: URL) => void): string => {
    const url = new URL(fleet.url);
    change(url);
    return url.href;
  };
  test.each([
    [
      'a wrong password',
      () =>
        at((url) => {
          url.password = 'wrong';
        }),
      'database_refused',
      /refuses this user|password/,
    ],
    [
      'a role that is not there',
      () =>
        at((url) => {
          url.username = 'nobody_at_all';
        }),
      'database_refused',
      /nobody_at_all|refuses/,
    ],
    [
      'a role without the grants',
      () =>
        at((url) => {
          url.username = STRANGER;
        }),
      'not_granted',
      /permission denied for schema orchestra.*grant the role what a direct worker may execute/,
    ],
    [
      'a database that is not there',
      () =>
        at((url) => {
          url.pathname = '/not_there';
        }),
      'database_refused',
      /not_there.*create it first/,
    ],
    ['no migrations', () => empty.url, 'not_migrated', /orchestra db migrate/],
    ['an address that is none', () => 'postgresql://localhost:nowhere/x', 'bad_address', /^databaseUrl /],
  ])('%s', async (_what, url, code, message) => {
    const trusts = await fleet.db.pool
      .query("select from pg_hba_file_rules where auth_method = 'trust' and type = 'host'")
      .then(({ rowCount }) => (rowCount ?? 0) > 0);
    if (_what === 'a wrong password' && trusts) return;
    const worker = createWorker({ databaseUrl: url(), handlers: { [fresh('any')]: async () => {} }, warn: () => {} });
    onTestFinished(() => worker.stop({ drainMs: 0 }));
    await expect(worker.start()).rejects.toMatchObject({
      name: 'CannotWork',
      code,
      message: expect.stringMatching(message),
    });
  });

  test('addTasks is told in the same words; and a worker is given services or a database', async () => {
    const queue = connectQueue({ databaseUrl: empty.url });
    onTestFinished(() => queue.close());
    await expect(queue.addTasks([{}])).rejects.toMatchObject({ code: 'not_migrated' });
    await expect(fleet.queue.addTasks([{ priority: 1.5 }])).rejects.toMatchObject({ code: 'invalid_request' });
    expect(() => createWorker({ databaseUrl: fleet.url, token: 'x', handlers: { a: async () => {} } })).toThrow(
      'databaseUrl or token, not both',
    );
  });
});

test('P13 a database that is restarted in the middle costs a worker time and nothing else', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'orchestra-direct-'));
  // The server runs as another user when the tests run as root; it has to be able to enter the folder.
  await chmod(folder, 0o755);
  const settings = { fsync: 'off' };
  let cluster = await startCluster({ folder, settings });
  onTestFinished(async () => {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const { url: databaseUrl } = cluster;
  await migrate(databaseUrl);
  const queue = connectQueue({ databaseUrl });
  onTestFinished(() => queue.close());
  const done: string[] = [];
  const middle = gate();
  const worker = createWorker({
    databaseUrl,
    warn: () => {},
    handlers: {
      a: async (task) => {
        done.push(task.id);
        if (done.length === 1) await middle.opened;
      },
    },
  });
  onTestFinished(() => worker.stop({ drainMs: 0 }));
  const heard = new Heard(worker);
  await worker.start();
  const ids = await queue.addTasks([{ skill: 'a' }, { skill: 'a' }]);
  await heard.first('claimed');
  await cluster.stop();
  await expect(queue.addTasks([{ skill: 'a' }])).rejects.toMatchObject({ code: 'database_unavailable', status: 503 });
  middle.open();
  await heard.first('finish-failed');
  cluster = await startCluster({ folder, settings, port: Number(new URL(databaseUrl).port) });
  await until('both are done', () => heard.all('finished').length === 2);
  expect(done).toEqual(ids);
  const agent = fresh('agent');
  const db = handOf(databaseUrl);
  onTestFinished(() => db.end());
  const known = heard.all('pauses-changed').length;
  await db.query("insert into senate_pause (scope_kind, scope_value) values ('agent', $1)", [agent]);
  await until('the bells are heard again', () => heard.all('pauses-changed').length > known);
});
