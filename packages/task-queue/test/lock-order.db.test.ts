import { conflictCounts, makePool, type Database } from '@orchestra/database';
import { PATIENT, testDatabase, until } from '@orchestra/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { CLAIM_SETTINGS } from '../src/claim/claim-statement.ts';
import {
  claimTasks,
  claimTasksOnce,
  completeRun,
  finishRuns,
  findTask,
  holdRun,
  listTaskEvents,
  reapRuns,
  retryRun,
} from '../src/index.ts';
import { add, claim } from './fixtures.ts';

const db = testDatabase();
let claims: Database;

beforeAll(() => {
  claims = makePool({ connectionString: db.url, applicationName: 'test', ...PATIENT, settings: { ...CLAIM_SETTINGS } });
});
afterAll(() => claims.end());
beforeEach(async () => {
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
});

const waiting = (count: number) => async (): Promise<boolean> =>
  (await db.pool.query("select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"))
    .rowCount === count;

/** Every deadlock makes one of its sessions try again. */
const conflicts = (): number => conflictCounts().reduce((sum, { count }) => sum + count, 0);

/**
 * Two running tasks, of which the first stands in the lane, and in the repo, that comes last. Answers their runs and
 * lanes.
 */
async function twoRuns(labels: {
  pipeline?: string;
}): Promise<{ runs: Awaited<ReturnType<typeof claim>>; low: string; high: string; tasks: string[] }> {
  await db.pool.query(
    `insert into repo_gates (repo, max_in_progress) values ('a', 9), ('B', 9) on conflict (repo) do update
       set max_in_progress = 9`,
  );
  // The lanes are made in this order, and the tasks in the other.
  await add(db.pool, { agent_id: 'low', repo: 'B', ...labels }, { agent_id: 'high', repo: 'a', ...labels });
  const tasks = await add(
    db.pool,
    { agent_id: 'high', repo: 'a', ...labels },
    { agent_id: 'low', repo: 'B', ...labels },
  );
  const { rows } = await db.pool.query<{ id: string }>('select distinct lane_id as id from tasks order by 1');
  await db.pool.query('delete from tasks where not id = any ($1::bigint[])', [tasks]);
  const runs = [...(await claim(db.pool)), ...(await claim(db.pool))];
  return { runs, tasks, low: rows[0]?.id ?? '', high: rows[1]?.id ?? '' };
}

const DOORS: [string, { pipeline?: string }, (it: Awaited<ReturnType<typeof twoRuns>>) => Promise<unknown>][] = [
  [
    'plain endings',
    {},
    ({ runs }) =>
      finishRuns(
        claims,
        runs.map(({ id, run_id }) => ({ as: 'released', id, run_id, cause: 'shutdown' })),
      ),
  ],
  [
    'endings of stages',
    { pipeline: 'default' },
    ({ runs }) =>
      finishRuns(
        claims,
        runs.map(({ id, run_id }) => ({ as: 'released', id, run_id, cause: 'shutdown' })),
      ),
  ],
  ['the reaper', {}, () => reapRuns(claims, 60)],
  [
    'SQL by hand',
    {},
    ({ runs }) =>
      db.pool.query(
        `update tasks set status = 'queued', run_id = null, pid = null, started_at = null, heartbeat_at = null
           where id = any ($1::bigint[])`,
        [runs.map(({ id }) => id)],
      ),
  ],
];

test.each(DOORS)(
  '%s lock lanes by their ids, in whatever order their tasks stand (stepped)',
  async (_door, labels, act) => {
    const it = await twoRuns(labels);
    expect(it.runs).toHaveLength(2);
    await db.pool.query("update tasks set heartbeat_at = heartbeat_at - interval '2 minutes' where status = 'running'");
    const lock = 'select from task_lanes where id = $1 for no key update';
    const other = await db.pool.connect();
    await other.query('begin');
    await other.query(lock, [it.low]);
    const acting = act(it);
    await until('it waits for the first lane', waiting(1));
    await other.query(`${lock} nowait`, [it.high]);
    await other.query('commit');
    other.release();
    await acting;
    expect((await db.pool.query("select from tasks where status = 'queued'")).rowCount).toBe(2);
  },
);

test.each(DOORS)(
  '%s lock gates by their names, as JavaScript and every database sort them, and before any lane (stepped)',
  async (_door, labels, act) => {
    const it = await twoRuns(labels);
    await db.pool.query("update tasks set heartbeat_at = heartbeat_at - interval '2 minutes' where status = 'running'");
    const other = await db.pool.connect();
    await other.query('begin');
    await other.query("select lock_gate('B')");
    const acting = act(it);
    await until('it waits for the first gate', waiting(1));
    await other.query("select from repo_gates where repo = 'a' for no key update nowait");
    await other.query('select from task_lanes where id in ($1, $2) for no key update nowait', [it.low, it.high]);
    await other.query('commit');
    other.release();
    await acting;
    expect((await db.pool.query("select from tasks where status = 'queued'")).rowCount).toBe(2);
  },
);

test('several gates thawed by hand are locked by their names (stepped)', async () => {
  await db.pool.query("insert into repo_gates (repo) values ('a'), ('B') on conflict do nothing");
  // Their order in the table is the other way round.
  await db.pool.query("update repo_gates set frozen_at = now() where repo = 'B'");
  await db.pool.query('vacuum full repo_gates');
  const other = await db.pool.connect();
  await other.query('begin');
  await other.query("select lock_gate('B')");
  const acting = db.pool.query('update repo_gates set frozen_at = null');
  await until('it waits for the first gate', waiting(1));
  await other.query("select from repo_gates where repo = 'a' for no key update nowait");
  await other.query('commit');
  other.release();
  expect((await acting).rowCount).toBeGreaterThan(1);
});

test('endings of tasks with and without a repo lock all tasks before any gate (stepped)', async () => {
  await add(db.pool, { repo: 'a' }, {});
  const runs = await claim(db.pool);
  const other = await db.pool.connect();
  await other.query('begin');
  await other.query('select from tasks where repo is null for update');
  const acting = finishRuns(
    claims,
    runs.map(({ id, run_id }) => ({ as: 'completed', id, run_id })),
  );
  await until('it waits for the task', waiting(1));
  await other.query("select from repo_gates where repo = 'a' for no key update nowait");
  await other.query('commit');
  other.release();
  expect((await acting).map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted']);
});

test('a call that brings a stage among its endings locks its tasks once, by their ids (stepped)', async () => {
  const [plain = '', staged = ''] = await add(db.pool, { repo: 'a' }, { pipeline: 'default' });
  const runs = await claim(db.pool);
  const other = await db.pool.connect();
  await other.query('begin');
  await other.query('select from tasks where id = $1 for update', [plain]);
  const acting = finishRuns(
    claims,
    runs.toReversed().map(({ id, run_id }) => ({ as: 'completed', id, run_id })),
  );
  await until('it waits for the first task', waiting(1));
  await other.query('select from tasks where id = $1 for update nowait', [staged]);
  await other.query("select from repo_gates where repo = 'a' for no key update nowait");
  await other.query('commit');
  other.release();
  expect((await acting).map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted']);
});

test.each(['a task', 'a probe'])(
  'a claim locks the gates for which it waits before those that it passes over, also that of %s (stepped)',
  async (what) => {
    const [atGate = ''] = await add(db.pool, { repo: 'a', priority: -1, agent_id: 'tried' });
    const [free = ''] = await add(db.pool, { repo: 'B' });
    if (what === 'a probe') {
      await db.pool.query(
        `insert into senate_pause (scope_kind, scope_value, paused_by, reason, probing_at, probe_task_id)
           values ('agent', 'tried', 'dana', 'test', now(), $1)`,
        [atGate],
      );
      await db.pool.query(
        "update tasks set probe_of = (select p.id from senate_pause p where p.scope_value = 'tried') where id = $1",
        [atGate],
      );
    }
    const other = await db.pool.connect();
    await other.query('begin');
    await other.query("select lock_gate('B')");
    const claiming = claimTasks(claims, { worker: 'w', limit: 2, gatedRepos: ['a'] });
    await until('it waits for the gate of a repo for which the serial gate does not hold', waiting(1));
    // An ending of tasks of both repos goes on with this one.
    await other.query("select from repo_gates where repo = 'a' for no key update nowait");
    await other.query('commit');
    other.release();
    await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
    expect((await claiming).map(({ id }) => id)).toEqual([atGate, free]);
  },
);

test('a claim under a key that has locked a gate waits for no other one', async () => {
  await add(db.pool, ...Array.from({ length: 40 }, (_, n) => ({ quest_id: `parked-${n}` })));
  await db.pool.query('update tasks set paused_at = now()');
  const [atGate = ''] = await add(db.pool, { repo: 'a', priority: -1 });
  const [free = ''] = await add(db.pool, { repo: 'B' });
  const other = await db.pool.connect();
  await other.query('begin');
  await other.query("select lock_gate('B')");
  const claimUnder = (key: string) =>
    claimTasksOnce(claims, { worker: 'w', limit: 2, gatedRepos: ['a'] }, { principal: 'w', key, request: {} });
  const first = await claimUnder('k-1');
  expect(first.map(({ id }) => id)).toEqual([atGate]);
  await other.query('commit');
  other.release();
  expect(await claimUnder('k-1')).toEqual(first);
  expect((await claimUnder('k-2')).map(({ id }) => id)).toEqual([free]);
});

test('no deadlock comes of adding, ending, reaping, parking and claiming in every order, also with lanes that come and go, on tables that were never analyzed', async () => {
  for (const table of ['tasks', 'task_lanes', 'repo_gates'])
    await db.pool.query(`alter table ${table} set (autovacuum_enabled = off)`);
  await db.pool.query('update repo_gates set max_in_progress = 9');
  const before = conflicts();
  const REPOS = ['a', 'B', 'c-d', 'c_d', null];
  const task = (n: number) => ({
    repo: REPOS[n % 5] ?? null,
    agent_id: `agent-${n % 3}`,
    ...(n % 4 === 0 ? { pipeline: 'default' } : { skill: `skill-${n % 2}` }),
    max_crashes: 100,
    max_attempts: 100,
  });
  await Promise.all(
    Array.from({ length: 8 }, async (_, side) => {
      for (let turn = 0; turn < 12; turn++) {
        const some = Array.from({ length: 6 }, (_none, n) => task(side * 7 + turn * 5 + n));
        await add(db.pool, ...(side % 2 === 0 ? some : some.toReversed()));
        const runs = await claimTasks(claims, { worker: `w-${side}`, limit: 6 });
        if (turn % 3 === 0)
          await db.pool.query(
            "update tasks set heartbeat_at = heartbeat_at - interval '2 minutes' where id = any ($1::bigint[])",
            [runs.slice(0, 2).map(({ id }) => id)],
          );
        const endings = runs.map(({ id, run_id }, n) =>
          n % 2 === 0
            ? { as: 'released' as const, id, run_id, cause: 'shutdown' as const }
            : { as: 'failed' as const, id, run_id, error: 'x', retry: true },
        );
        await Promise.all([
          finishRuns(claims, turn % 2 === 0 ? endings : endings.toReversed()),
          reapRuns(claims, 60),
          turn % 4 === side % 4
            ? db.pool.query(
                `delete from task_lanes l
                   where not exists (select from tasks t where t.lane_id = l.id)
                     and l.id in (select d.id from task_lanes d order by d.id for update skip locked)`,
              )
            : undefined,
        ]);
      }
    }),
  );
  expect(conflicts()).toBe(before);
});

test('P3 a relabelling that commits while an ending waits for the row stays', async () => {
  for (const [index, end] of [retryRun, holdRun].entries()) {
    const [id = ''] = await add(db.pool, { skill: 'old', agent_id: `agent-${index}` });
    const [run] = await claim(db.pool);
    const other = await db.pool.connect();
    await other.query('begin');
    await other.query("update tasks set skill = 'new', max_attempts = 9 where id = $1", [id]);
    const ending = end(claims, id, run?.run_id ?? '', { says: 'the network is down' });
    await until('the ending waits', waiting(1));
    await other.query('commit');
    other.release();
    await ending;
    expect(await findTask(db.pool, id)).toMatchObject({ skill: 'new', max_attempts: 9 });
  }
});

test('P9 a claim behind endings takes what was added while these waited, in its place', async () => {
  await add(db.pool, { repo: 'a' });
  const [run] = await claim(db.pool);
  await add(db.pool, { priority: 5 });
  const holder = await db.pool.connect();
  await holder.query('begin');
  await holder.query("select lock_gate('a')");
  const tx = await claims.connect();
  await tx.query('begin');
  const both = finishRuns(tx, [{ as: 'completed', id: run?.id ?? '', run_id: run?.run_id ?? '' }]).then(() =>
    claimTasks(tx, { worker: 'w', limit: 1 }),
  );
  await until('the ending waits', waiting(1));
  const [urgent = ''] = await add(db.pool, { priority: -100 });
  await holder.query('commit');
  holder.release();
  expect((await both).map(({ id }) => id)).toEqual([urgent]);
  await tx.query('commit');
  tx.release();
});

test('P10 a run that was begun by hand, by nobody in particular, can be ended', async () => {
  const [id = ''] = await add(db.pool, {});
  const {
    rows: [run],
  } = await db.pool.query<{ run_id: string }>(
    `update tasks set status = 'running', run_id = gen_random_uuid(), started_at = now(), heartbeat_at = now()
       where id = $1
       returning run_id`,
    [id],
  );
  expect(await completeRun(claims, id, run?.run_id ?? '', {})).toMatchObject({ status: 'succeeded' });
  expect((await listTaskEvents(db.pool, id, { limit: 10 })).at(-1)).toMatchObject({
    kind: 'completed',
    by: expect.stringMatching(/./),
  });
});

test('endings with a stage among them are locked by one statement, with one snapshot, and by none before it', async () => {
  await add(db.pool, { agent_id: 'plain' }, { pipeline: 'default' });
  const runs = await claim(db.pool, { limit: 2 });
  const endings = JSON.stringify(runs.map(({ id, run_id }) => ({ as: 'completed', id, run_id })));
  const ending = await db.pool.connect();
  await ending.query('begin');
  expect((await ending.query('select lock_runs_to_end($1) as staged', [endings])).rows).toEqual([{ staged: true }]);
  // Another session can lock them at once.
  const { rowCount } = await db.pool.query('select from tasks where id = any ($1::bigint[]) for update nowait', [
    runs.map(({ id }) => id),
  ]);
  expect(rowCount).toBe(2);
  await ending.query('rollback');
  ending.release();
});
