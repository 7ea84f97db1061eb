import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, MIGRATIONS_FOLDER, pendingMigrations } from '@orchestra/database';
import { testDatabase, type TestDatabase } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { completeRun, findTask, listTaskEvents, listTasks, readQueueView, readSerialGate } from '../src/index.ts';
import { claim, ids, pause } from './fixtures.ts';
import { wrongGates } from './gate-recount.ts';

// The first release ended here: a queue without lanes, gates and parking.
const FIRST_RELEASE = 3;

// And before this one tasks were ended and claimed by statements of the services.
const BEFORE_ONE_CALL = '0022_one_call';

const db = testDatabase({ empty: true });
const later = testDatabase({ empty: true });

/** The migrations up to there, as they were shipped. */
async function earlierRelease(
  entriesOf: (journal: { tag: string }[]) => { tag: string }[],
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'orchestra-earlier-release-'));
  try {
    await cp(MIGRATIONS_FOLDER, folder, { recursive: true });
    const file = join(folder, 'meta/_journal.json');
    const journal: { entries: { tag: string }[] } = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...journal, entries: entriesOf(journal.entries) }));
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * As those releases did: into `public`, by functions that use the caller's search_path, with the list of migrations in
 * `drizzle`.
 */
async function asBefore({ url, pool }: TestDatabase, folder: string): Promise<void> {
  await migrate(url, { folder, schema: 'public' });
  await pool.query(`
    create schema drizzle; alter table public.orchestra_migrations
      set schema drizzle; alter table drizzle.orchestra_migrations rename to __drizzle_migrations;
    do $$ declare f record; begin
      for f in select p.oid::regprocedure as name from pg_proc p where p.pronamespace = 'public'::regnamespace loop
        execute format('alter function %s reset search_path', f.name);
      end loop;
    end $$`);
}

test('P9 P10 a database of the first release with work in it is brought up to date: every task keeps its place, its run and its repo’s line', async () => {
  await earlierRelease(
    (entries) => entries.slice(0, FIRST_RELEASE),
    (folder) => asBefore(db, folder),
  );
  expect(await db.pool.query('select from drizzle.__drizzle_migrations')).toMatchObject({ rowCount: FIRST_RELEASE });
  await db.pool.query(`
    insert into tasks (agent_id, skill, repo, priority, status, run_id, worker_id, started_at, heartbeat_at, attempt,
                       created_by)
    select 'agent-' || n % 3, 'build', case when n % 2 = 0 then 'repo-' || n % 4 end, n % 2, case when n <= 2
      then 'running' when n = 3 then 'succeeded' else 'queued' end,
           case when n <= 2 then gen_random_uuid() end, case when n <= 2 then 'w-old' end, case when n <= 2 then now()
             end, case when n <= 2 then now() end,
           case when n <= 3 then 1 else 0 end, 'dana'
      from generate_series(1, 40) as n`);
  const {
    rows: [running],
  } = await db.pool.query<{ id: string; run_id: string; repo: string }>(
    "select id, run_id, repo from tasks where status = 'running' and repo is not null",
  );
  expect(running).toBeDefined();

  expect(await migrate(db.url)).toMatchObject({ applied: expect.any(Number) });
  expect(await pendingMigrations(db.pool)).toBe(0);
  expect(
    (
      await db.pool.query(
        `select current_schema() as home, to_regnamespace('orchestra') as new,
                to_regclass('public.orchestra_migrations') as list`,
      )
    ).rows,
  ).toEqual([{ home: 'public', new: null, list: null }]);
  expect(await wrongGates(db.pool)).toEqual([]);

  await pause(db.pool, { kind: 'agent', value: 'agent-1' });
  const waiting = await db.pool.query<{ id: string }>(
    "select id from tasks where status = 'queued' and repo is null and agent_id <> 'agent-1' order by priority, id",
  );
  // At one repo's gate a run is under way, and at the other's the first in line is paused.
  expect(ids(await claim(db.pool, { limit: 100 }))).toEqual(waiting.rows.map((row) => row.id));
  const gates = await readSerialGate(db.pool);
  expect(gates.repos.find((gate) => gate.repo === running?.repo)).toMatchObject({ in_progress: 1 });

  await completeRun(db.pool, running?.id ?? '', running?.run_id ?? '', 'done');
  expect(await findTask(db.pool, running?.id ?? '')).toMatchObject({ status: 'succeeded' });
  expect(ids(await claim(db.pool, { limit: 100 }))).toHaveLength(1);
  expect(await wrongGates(db.pool)).toEqual([]);
});

test('P9 P10 P15 tasks in every state are brought over to the one call: counted, ended, claimed in their order', async () => {
  await earlierRelease(
    (entries) =>
      entries.slice(
        0,
        entries.findIndex(({ tag }) => tag === BEFORE_ONE_CALL),
      ),
    (folder) => asBefore(later, folder),
  );
  // One of each kind, and each kind three times: with a repo, with a stage, with neither.
  const kinds = [
    "status = 'queued'",
    "status = 'queued', next_eligible_at = now() + interval '1 day'",
    "status = 'queued', deferred_by = 7, next_eligible_at = now() + interval '1 day'",
    "status = 'queued', paused_at = now()",
    "status = 'queued', attempt = 2, cursor = '7'",
    "status = 'running', run_id = gen_random_uuid(), worker_id = 'w-old', host = 'h', pid = 7, " +
      'started_at = now(), heartbeat_at = now(), attempt = 1',
    "status = 'held', held_evidence = '{}'",
    "status = 'failed', result = '1'",
    "status = 'cancelled'",
  ];
  for (const kind of [...kinds, "status = 'succeeded', stage = case when stage is not null then 'done' end"]) {
    const { rows } = await later.pool.query<{ id: string }>(
      `insert into tasks (skill, repo, pipeline, stage) values ('s', null, null, null), ('s', 'r', null, null),
         ('analysis', null, 'default', 'analysis')
         returning id`,
    );
    // The stage changes at the end of a run alone.
    await later.pool.query(`alter table tasks disable trigger tasks_change_stage`);
    await later.pool.query(`update tasks set ${kind} where id = any ($1::bigint[])`, [rows.map(({ id }) => id)]);
    await later.pool.query(`alter table tasks enable trigger tasks_change_stage`);
  }
  // Nothing has ever waited under this label.
  await later.pool.query("insert into tasks (agent_id, status) values ('by-hand', 'cancelled')");
  const before = await later.pool.query<{ id: string }>(
    'select id, status, run_id, attempt, cursor, result, paused_at, deferred_by, stage from tasks order by id',
  );
  const running = await later.pool.query<{ id: string; run_id: string }>(
    "select id, run_id from tasks where status = 'running' order by id",
  );

  await later.pool.query(
    "insert into task_events (task_id, kind, by) select t.id, 'queued', 'dana' from tasks t order by t.id",
  );

  await migrate(later.url);
  expect(
    (
      await later.pool.query(
        'select id, status, run_id, attempt, cursor, result, paused_at, deferred_by, stage from tasks order by id',
      )
    ).rows,
  ).toEqual(before.rows);
  expect((await readQueueView(later.pool, 60)).counts).toEqual({
    queued: 15,
    running: 3,
    held: 3,
    failed: 3,
    cancelled: 4,
    succeeded: 3,
  });
  expect(await listTasks(later.pool, { status: 'failed', limit: 10 })).toHaveLength(3);
  expect(await listTasks(later.pool, { agentId: 'by-hand', limit: 10 })).toHaveLength(1);
  expect(await wrongGates(later.pool)).toEqual([]);

  for (const { id, run_id: runId } of running.rows) await completeRun(later.pool, id, runId, 'done');
  expect((await readQueueView(later.pool, 60)).counts).toMatchObject({ running: 0, succeeded: 5, queued: 16 });
  const mayStart = await later.pool.query<{ id: string }>(
    `select id from tasks
      where status = 'queued'
        and paused_at is null
        and (next_eligible_at <= now() or deferred_by is not null)
        and repo is null
      order by priority, id`,
  );
  // The repo's one place is held: a task of it was held.
  expect(ids(await claim(later.pool, { limit: 100 }))).toEqual(mayStart.rows.map(({ id }) => id));
  // Older events come first, and inserting under the old name still works.
  const [first] = mayStart.rows;
  await later.pool.query("insert into task_events (task_id, kind, by) values ($1, 'parked', 'a former service')", [
    first?.id,
  ]);
  expect((await listTaskEvents(later.pool, first?.id ?? '', { limit: 10 })).map(({ kind }) => kind)).toEqual([
    'queued',
    'claimed',
    'parked',
  ]);
});
