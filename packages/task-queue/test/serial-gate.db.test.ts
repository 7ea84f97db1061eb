import { unpauseScope } from '@orchestra/pause-core';
import { testDatabase, until } from '@orchestra/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  claimTasks,
  completeRun,
  finishRuns,
  enqueueTasks,
  failRun,
  freezeRepo,
  limitRepo,
  admitDueTasks,
  lookForWork,
  parkTask,
  readSerialGate,
  reapRuns,
  releaseRun,
  thawRepo,
  unparkTask,
} from '../src/index.ts';
import { newTask, type ClaimedTask } from '../src/contract/index.ts';
import { add, claim, ids, pause, waitingFor } from './fixtures.ts';
import { wrongGates } from './gate-recount.ts';
import { gatesStatement } from './statement-of.ts';

const db = testDatabase();

beforeEach(async () => {
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
  await db.pool.query('update repo_gates set frozen_at = null, max_in_progress = 1');
});

const STEP = 4_711;
const complete = (run: ClaimedTask | undefined) => completeRun(db.pool, run?.id ?? '', run?.run_id ?? '', null);
const release = (run: ClaimedTask | undefined) =>
  releaseRun(db.pool, run?.id ?? '', run?.run_id ?? '', { cause: 'shutdown' });
const one = async (): Promise<ClaimedTask | undefined> => (await claim(db.pool))[0];

describe('first in, first out', () => {
  test('the second task of a repo starts only when the first has ended; other repos and tasks without one go on', async () => {
    const [first, second, elsewhere, free] = await add(db.pool, { repo: 'r' }, { repo: 'r' }, { repo: 's' }, {});
    const runs = await claim(db.pool);
    expect(ids(runs)).toEqual([first, elsewhere, free]);
    expect(await claim(db.pool)).toEqual([]);
    await complete(runs[0]);
    expect(ids(await claim(db.pool))).toEqual([second]);
    expect(await wrongGates(db.pool)).toEqual([]);
  });

  test('P9 tasks with and without a repo come by priority and place, and the smaller priority is the first in line', async () => {
    const [late, free, urgent, soon] = await add(
      db.pool,
      { repo: 'r', priority: 2 },
      { priority: 1 },
      { repo: 'r', priority: -1 },
      { repo: 's', priority: 1 },
    );
    expect(ids(await claim(db.pool, { limit: 1 }))).toEqual([urgent]);
    expect(ids(await claim(db.pool, { limit: 3 }))).toEqual([free, soon]);
    await db.pool.query(
      `update tasks set status = 'succeeded', run_id = null, pid = null, started_at = null, heartbeat_at = null
         where id = $1`,
      [urgent],
    );
    expect(ids(await claim(db.pool))).toEqual([late]);
  });

  test('P9 behind a deep paused backlog a repo’s task does not come before what was added earlier', async () => {
    await db.pool.query("insert into tasks (agent_id) select 'skeptic' from generate_series(1, 3000)");
    const [free, gated, last] = await add(db.pool, { skill: 'lint' }, { repo: 'r' }, { skill: 'lint' });
    await pause(db.pool, { kind: 'agent', value: 'skeptic' });
    const order: (string | undefined)[] = [];
    for (let turn = 0; turn < 3; turn++) order.push(...ids(await claim(db.pool, { limit: 1 })));
    expect(order).toEqual([free, gated, last]);
  });

  test('a released or reaped task goes on first; one that failed holds its repo until its next attempt; one that failed for good does not', async () => {
    const [first = '', second] = await add(db.pool, { repo: 'r', max_attempts: 3 }, { repo: 'r' });
    await release(await one());
    const again = await one();
    expect(again?.id).toBe(first);
    await db.pool.query(
      "update tasks set heartbeat_at = heartbeat_at - interval '61 seconds' where heartbeat_at is not null",
    );
    expect(await reapRuns(db.pool, 60)).toBe(1);
    const reaped = await one();
    expect(reaped?.id).toBe(first);
    await failRun(db.pool, first, reaped?.run_id ?? '', { error: 'boom', retry: true });
    expect(await claim(db.pool)).toEqual([]);
    expect((await readSerialGate(db.pool)).repos).toMatchObject([
      { repo: 'r', head: { task_id: first, waiting_for: 'retry' }, holders: [] },
    ]);
    await db.pool.query('update tasks set next_eligible_at = now() where id = $1', [first]);
    const last = await one();
    expect(last?.id).toBe(first);
    await failRun(db.pool, first, last?.run_id ?? '', { error: 'boom', retry: false });
    expect(ids(await claim(db.pool))).toEqual([second]);
    expect(await wrongGates(db.pool)).toEqual([]);
  });

  test('a task that was added for later is not in line before its time, and then in its place', async () => {
    const [later, first, second] = await add(
      db.pool,
      { repo: 'r', not_before: new Date(Date.now() + 3_600_000).toISOString() },
      { repo: 'r' },
      { repo: 'r' },
    );
    const run = await one();
    expect(run?.id).toBe(first);
    await db.pool.query("update tasks set next_eligible_at = now() - interval '1 second' where id = $1", [later]);
    expect(await admitDueTasks(db.pool)).toBe(1);
    await complete(run);
    expect(ids(await claim(db.pool))).toEqual([later]);
    expect(second).toBeDefined();
    expect(await wrongGates(db.pool)).toEqual([]);
  });

  test('a claim that finds too little lines up itself what has become due, and the look tells of it', async () => {
    const [later] = await add(db.pool, {
      repo: 'r',
      skill: 'lint',
      not_before: new Date(Date.now() + 3_600_000).toISOString(),
    });
    expect((await lookForWork(db.pool)).kinds).toEqual([]);
    expect(await claim(db.pool)).toEqual([]);
    await db.pool.query("update tasks set next_eligible_at = now() - interval '1 second'");
    expect((await lookForWork(db.pool)).kinds).toEqual([{ agent: null, skill: 'lint' }]);
    expect(ids(await claim(db.pool))).toEqual([later]);
  });

  test('a head that no worker wants holds its repo; the look tells only of heads that may start', async () => {
    const [head, second] = await add(db.pool, { repo: 'r', skill: 'a' }, { repo: 'r', skill: 'b' });
    expect(await claim(db.pool, { skills: ['b'] })).toEqual([]);
    expect(await lookForWork(db.pool)).toMatchObject({ kinds: [{ agent: null, skill: 'a' }], someWaitAtGates: true });
    const [run] = await claim(db.pool, { skills: ['a'] });
    expect(run?.id).toBe(head);
    expect(await lookForWork(db.pool)).toMatchObject({ kinds: [], someWaitAtGates: true });
    await complete(run);
    expect((await lookForWork(db.pool)).kinds).toEqual([{ agent: null, skill: 'b' }]);
    expect(ids(await claim(db.pool, { skills: ['b'] }))).toEqual([second]);
    expect((await lookForWork(db.pool)).someWaitAtGates).toBe(false);
  });
});

describe('limits', () => {
  test('a larger limit lets so many of a repo be in progress, a smaller one stops nobody', async () => {
    const added = await add(db.pool, ...Array.from({ length: 5 }, () => ({ repo: 'r' })));
    expect(await limitRepo(db.pool, 'r', 'dana', 3)).toMatchObject({ max_in_progress: 3, waiting: 5 });
    const runs = [await one(), await one(), await one()];
    expect(runs.map((run) => run?.id)).toEqual(added.slice(0, 3));
    expect(await claim(db.pool)).toEqual([]);
    expect(await limitRepo(db.pool, 'r', 'dana', 1)).toMatchObject({ max_in_progress: 1, in_progress: 3 });
    await complete(runs[0]);
    await complete(runs[1]);
    expect(await claim(db.pool)).toEqual([]);
    await complete(runs[2]);
    expect(ids(await claim(db.pool))).toEqual([added[3]]);
  });

  test('P12 a frozen gate lets nobody start until it is thawed; both are written down, also when done by hand', async () => {
    const [id] = await add(db.pool, { repo: 'frosty' });
    const frozen = await freezeRepo(db.pool, 'frosty', 'dana', 'main is broken');
    expect(frozen).toMatchObject({
      repo: 'frosty',
      frozen: { by: 'dana', reason: 'main is broken' },
      head: { task_id: id, waiting_for: 'gate' },
    });
    expect((await freezeRepo(db.pool, 'frosty', 'lee', 'again')).frozen).toEqual(frozen.frozen);
    expect(await claim(db.pool)).toEqual([]);
    expect(await thawRepo(db.pool, 'frosty', 'lee')).toMatchObject({
      frozen: null,
      head: { task_id: id, waiting_for: 'worker' },
    });
    await limitRepo(db.pool, 'frosty', 'lee', 2);
    await db.pool.query("update repo_gates set frozen_at = now() where repo = 'frosty'");
    expect(await claim(db.pool)).toEqual([]);
    await db.pool.query("update repo_gates set frozen_at = null where repo = 'frosty'");
    expect(ids(await claim(db.pool))).toEqual([id]);
    const { rows } = await db.pool.query(
      "select action, by, why from senate_audit where subject_kind = 'repo' and subject_id = 'frosty' order by id",
    );
    const me = (await db.pool.query('select current_user as name')).rows[0].name;
    expect(rows).toEqual([
      { action: 'repo.frozen', by: 'dana', why: 'main is broken' },
      { action: 'repo.thawed', by: 'lee', why: null },
      { action: 'repo.limited', by: 'lee', why: null },
      { action: 'repo.frozen', by: me, why: 'no reason given' },
      { action: 'repo.thawed', by: me, why: null },
    ]);
  });

  test('a freeze by hand reads as one by the API does; a repo that nobody knows cannot be thawed', async () => {
    await add(db.pool, { repo: 'r' });
    await db.pool.query("update repo_gates set frozen_at = now() where repo = 'r'");
    expect((await readSerialGate(db.pool)).repos[0]?.frozen).toMatchObject({
      by: expect.any(String),
      reason: 'no reason given',
    });
    await expect(thawRepo(db.pool, 'nowhere', 'dana')).rejects.toMatchObject({ code: 'repo_not_found' });
    expect(await freezeRepo(db.pool, 'soon', 'dana', 'before the first task')).toMatchObject({
      repo: 'soon',
      waiting: 0,
    });
    await add(db.pool, { repo: 'soon' });
    expect(await claim(db.pool)).toEqual([]);
  });

  test('held tasks count as in progress', async () => {
    const [, second] = await add(db.pool, { repo: 'r' }, { repo: 'r' });
    const run = await one();
    await db.pool.query(
      "update tasks set status = 'held', run_id = null, pid = null, started_at = null, heartbeat_at = null where id = $1",
      [run?.id],
    );
    expect(await claim(db.pool)).toEqual([]);
    expect((await readSerialGate(db.pool)).repos[0]?.holders).toMatchObject([
      { task_id: run?.id, status: 'held', run_id: null },
    ]);
    await db.pool.query("update tasks set status = 'cancelled' where id = $1", [run?.id]);
    expect(ids(await claim(db.pool))).toEqual([second]);
  });
});

describe('the switch', () => {
  test('off, the gate holds for no repo; with names, for those alone; the order is kept either way', async () => {
    const [r1, s1, r2, s2, free] = await add(db.pool, { repo: 'r' }, { repo: 's' }, { repo: 'r' }, { repo: 's' }, {});
    expect(ids(await claim(db.pool, { gatedRepos: ['s'] }))).toEqual([r1, s1, r2, free]);
    expect(await claim(db.pool, { gatedRepos: ['s'] })).toEqual([]);
    expect((await lookForWork(db.pool, ['s'])).kinds).toEqual([]);
    expect((await lookForWork(db.pool, [])).kinds).toHaveLength(1);
    expect(
      (await readSerialGate(db.pool, ['s'])).repos.map(({ repo, gated, head }) => [repo, gated, head?.waiting_for]),
    ).toEqual([
      ['r', false, undefined],
      ['s', true, 'gate'],
    ]);
    expect(ids(await claim(db.pool, { gatedRepos: [] }))).toEqual([s2]);
    // Switched on again, no more start until there is room.
    const [r3] = await add(db.pool, { repo: 'r' });
    expect(await claim(db.pool)).toEqual([]);
    await db.pool.query(
      `update tasks set status = 'succeeded', run_id = null, pid = null, started_at = null, heartbeat_at = null
         where repo = 'r' and status = 'running'`,
    );
    expect(ids(await claim(db.pool))).toEqual([r3]);
    expect(await wrongGates(db.pool)).toEqual([]);
  });
});

describe('beside a pause', () => {
  test('P1 a paused head holds its repo up; parked, it lets the repo go on; after the pause it comes first again', async () => {
    const [head = '', second] = await add(
      db.pool,
      { repo: 'r', agent_id: 'skeptic' },
      { repo: 'r', agent_id: 'scribe' },
    );
    const scope = { kind: 'agent', value: 'skeptic' } as const;
    await pause(db.pool, scope);
    expect(await claim(db.pool)).toEqual([]);
    expect((await lookForWork(db.pool)).kinds).toEqual([]);
    expect((await readSerialGate(db.pool)).repos).toMatchObject([{ head: { task_id: head, waiting_for: 'pause' } }]);
    await parkTask(db.pool, head, { name: 'dana' }, 'let the others go on');
    const run = await one();
    expect(run?.id).toBe(second);
    await release(run);
    await unparkTask(db.pool, head, { name: 'dana' });
    expect(await claim(db.pool), 'back in its place, and paused still').toEqual([]);
    await unpauseScope(db.pool, { target: scope, by: 'dana' });
    expect((await one())?.id).toBe(head);
  });
});

describe('at the same time', () => {
  test('a claim that has not committed keeps its gate: another one passes over it without waiting', async () => {
    const [first, , elsewhere] = await add(db.pool, { repo: 'r' }, { repo: 'r' }, { repo: 's' });
    const client = await db.pool.connect();
    await client.query('begin');
    expect(ids(await claim(client, { limit: 1 }))).toEqual([first]);
    expect(ids(await claim(db.pool))).toEqual([elsewhere]);
    await client.query('rollback');
    client.release();
    expect(ids(await claim(db.pool))).toEqual([first]);
  });

  test.each<[string, (head: string) => Promise<unknown>]>([
    ['another claim has taken the head', async (head) => expect((await one())?.id).toBe(head)],
    [
      'another claim has taken the next one',
      async (head) => {
        await parkTask(db.pool, head, { name: 'dana' }, 'test');
        await one();
        await unparkTask(db.pool, head, { name: 'dana' });
      },
    ],
    ['the gate was frozen', () => freezeRepo(db.pool, 'r', 'dana', 'test')],
  ])('a claim with an older snapshot lets nobody through once %s (stepped)', async (_what, act) => {
    const [head = ''] = await add(db.pool, { repo: 'r' }, { repo: 'r' });
    // The claim takes its snapshot and then waits, before it comes to the gates.
    await db.pool.query(
      `create or replace function wait_here() returns boolean language plpgsql as $$ begin perform pg_advisory_xact_lock_shared(${STEP}); return true; end $$`,
    );
    const { text } = await gatesStatement(db.pool);
    const steppedClaim = text
      .replace(
        /from repo_gates g\s+join/,
        'from (select wait_here() as waited offset 0) w cross join repo_gates g join',
      )
      .replace('where g.head_id is not null', 'where w.waited and g.head_id is not null');
    expect(steppedClaim).toContain('where w.waited');
    const step = await db.pool.connect();
    await step.query('select pg_advisory_lock($1)', [STEP]);
    const slow = db.pool.query<{ array_agg: string[] | null }>(steppedClaim, [
      null,
      null,
      10,
      null,
      null,
      new Date(),
      null,
      null,
    ]);
    await until('the slow claim waits', async () => (await waitingFor(db.pool, STEP)) === 1);
    await act(head);
    await step.query('select pg_advisory_unlock($1)', [STEP]);
    step.release();
    expect((await slow).rows).toMatchObject([{ array_agg: null }]);
    expect(await wrongGates(db.pool)).toEqual([]);
  });

  const LATER = '2999-01-01T00:00:00Z';
  // One after the other: their lanes are as old as that, and statements go through tasks by their lanes.
  const bAndARunning = async (what: string): Promise<ClaimedTask[]> => {
    await add(db.pool, { repo: `b-${what}` });
    await add(db.pool, { repo: `a-${what}` });
    return claim(db.pool);
  };
  test.each<[string, () => Promise<() => Promise<unknown>>]>([
    ['adding', async () => () => add(db.pool, { repo: 'b-adding' }, { repo: 'a-adding' })],
    [
      'ending',
      async () => {
        const runs = await bAndARunning('ending');
        return () =>
          finishRuns(
            db.pool,
            runs.map(({ id, run_id }) => ({ as: 'completed', id, run_id })),
          );
      },
    ],
    [
      'reaping',
      async () => {
        await bAndARunning('reaping');
        await db.pool.query(
          `update tasks set heartbeat_at = heartbeat_at - case repo when 'b-reaping' then interval '2 minutes'
             else interval '90 seconds' end`,
        );
        return () => reapRuns(db.pool, 60);
      },
    ],
    [
      'lining up',
      async () => {
        await add(db.pool, { repo: 'b-lining up', not_before: LATER }, { repo: 'a-lining up', not_before: LATER });
        await db.pool.query(
          `update tasks set next_eligible_at = now() - case repo when 'b-lining up' then interval '2 minutes'
             else interval '1 minute' end`,
        );
        return () => admitDueTasks(db.pool);
      },
    ],
  ])(
    '%s tasks of several repos locks their gates by name, in whatever order they come (stepped)',
    async (what, prepare) => {
      const act = await prepare();
      const other = await db.pool.connect();
      await other.query('begin');
      await other.query('select lock_gate($1)', [`a-${what}`]);
      const acting = act();
      acting.catch(() => {}); // told below
      await until(
        'it waits for the first gate',
        async () =>
          (
            await db.pool.query(
              "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
            )
          ).rowCount === 1,
      );
      await other.query('select lock_gate($1)', [`b-${what}`]);
      await other.query('commit');
      other.release();
      await acting;
      expect(await wrongGates(db.pool)).toEqual([]);
    },
  );

  test('of each repo never more than its limit in progress, and first in, first out, under eight claimers', async () => {
    const REPOS = 12;
    const EACH = 15;
    await db.pool.query(
      'alter table repo_gates add constraint never_more check (in_progress between 0 and max_in_progress)',
    );
    try {
      await limitRepo(db.pool, 'r-0', 'dana', 3);
      await add(db.pool, ...Array.from({ length: REPOS * EACH }, (_, index) => ({ repo: `r-${index % REPOS}` })));
      let left = REPOS * EACH;
      await Promise.all(
        Array.from({ length: 8 }, async (_, worker) => {
          for (let turn = 0; left > 0; turn++) {
            for (const run of await claimTasks(db.pool, { worker: `w-${worker}`, limit: 1 + ((turn + worker) % 4) })) {
              if ((turn + worker) % 5 === 0) {
                await release(run);
                continue;
              }
              await complete(run);
              left -= 1;
            }
          }
        }),
      );
    } finally {
      await db.pool.query('alter table repo_gates drop constraint never_more');
    }
    expect(await wrongGates(db.pool)).toEqual([]);
    // A released task is claimed again before any later one of its repo: each repo's first claims are in the order of
    // places.
    const { rows } = await db.pool.query<{ repo: string; claimed: string[] }>(
      `select c.repo, array_agg(c.id order by c.first) as claimed
         from (select t.repo, t.id, min(e.id) as first
                 from task_events e
                 join tasks t on t.id = e.task_id
                where e.kind = 'claimed'
                group by t.repo, t.id) c
        group by c.repo`,
    );
    expect(rows).toHaveLength(REPOS);
    for (const { claimed } of rows) expect(claimed.map(Number)).toEqual(claimed.map(Number).toSorted((a, b) => a - b));
  });

  test('whoever adds to several repos, ends, reaps, parks and claims at the same time waits for nobody for ever', async () => {
    const repos = Array.from({ length: 6 }, (_, index) => `r-${index}`);
    const batch = (from: number) =>
      repos.map((_, index) => newTask.parse({ repo: repos[(from + index * 5) % repos.length] }));
    const rounds = async (work: (round: number) => Promise<unknown>): Promise<void> => {
      for (let round = 0; round < 25; round++) await work(round);
    };
    await enqueueTasks(db.pool, batch(0), 'test');
    await Promise.all([
      ...[0, 1, 2].map((from) => rounds((round) => enqueueTasks(db.pool, batch(from + round), 'test'))),
      ...[0, 1, 2, 3].map(() =>
        rounds(async () => {
          for (const run of await claim(db.pool, { limit: 4 })) await complete(run).catch(gone);
        }),
      ),
      rounds(async (round) => {
        await db.pool.query(
          `update tasks set heartbeat_at = heartbeat_at - interval '61 seconds'
             where id in (select id from tasks where status = 'running' order by id limit 4 for update skip locked)`,
        );
        if (round % 3 === 0) await reapRuns(db.pool, 60);
      }),
      rounds(async (round) => {
        const {
          rows: [task],
        } = await db.pool.query<{ id: string }>(
          "select id from tasks where status = 'queued' order by id offset $1 limit 1",
          [round % 7],
        );
        if (task !== undefined)
          await parkTask(db.pool, task.id, { name: 'dana' }, 'test')
            .then(() => unparkTask(db.pool, task.id, { name: 'dana' }))
            .catch(gone);
      }),
    ]);
    expect(await wrongGates(db.pool)).toEqual([]);
  });
});

/** The run was reaped, or the task has ended meanwhile: no concern of these tests. A deadlock is. */
function gone(error: unknown): void {
  if (
    !(error instanceof Error && 'code' in error && (error.code === 'run_not_owner' || error.code === 'task_has_ended'))
  )
    throw error;
}

describe('exactness', () => {
  /** Small numbers that repeat from run to run. */
  function dice(seed: number): (sides: number) => number {
    let state = seed;
    return (sides) => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((state / 2_147_483_648) * sides);
    };
  }
  const CLEAR_RUN_COLUMNS = 'run_id = null, pid = null, started_at = null, heartbeat_at = null';
  const OWNED = 'run_id = gen_random_uuid(), started_at = now(), heartbeat_at = now()';
  // By hand, and on many rows at a time: what nobody foresaw has to be counted as well.
  const BY_HAND = [
    `update tasks set status = 'running', ${OWNED} where id % 5 = $1 and status = 'queued'`,
    `update tasks set status = 'queued', ${CLEAR_RUN_COLUMNS} where id % 5 = $1 and status in ('running', 'held')`,
    `update tasks set status = 'held', ${CLEAR_RUN_COLUMNS} where id % 5 = $1 and status in ('queued', 'running')`,
    `update tasks set status = 'succeeded', ${CLEAR_RUN_COLUMNS} where id % 5 = $1 and status = 'running'`,
    `update tasks set status = 'queued' where id % 5 = $1 and status = 'succeeded'`,
    'update tasks set paused_at = now() where id % 5 = $1',
    'update tasks set paused_at = null where id % 5 = $1',
    'update tasks set priority = -priority - 1 where id % 5 = $1',
    "update tasks set repo = case repo when 'a' then 'b' when 'b' then 'c' else 'a' end where id % 5 = $1",
    'update tasks set repo = null where id % 5 = $1',
    "update tasks set agent_id = 'a-' || id, skill = null where id % 5 = $1",
    'update tasks set in_line = not in_line where id % 5 = $1',
    'update tasks set stage_since = case when stage_since is null then now() end where id % 5 = $1',
    `update tasks set stage_since = case when id % 2 = 0 then now() end, priority = 3 - priority, status = case
       when id % 3 = 0 then 'succeeded' else status end
       where id % 5 = $1 and status = 'queued'`,
    'delete from tasks where id % 5 = $1',
    `insert into tasks (repo, priority, next_eligible_at) select 'a', n % 3, now() + make_interval(hours => n % 2)
       from generate_series(0, $1::int) n`,
    `with gone as (delete
       from tasks
       where id % 5 = $1 and status = 'queued'
       returning repo) insert into tasks (repo) select g.repo
       from gone g`,
  ];

  test.each(Array.from({ length: 10 }, (_, index) => index + 1))(
    'gates are what a recount makes them after any change by any door (dice %i)',
    async (seed) => {
      const roll = dice(seed);
      for (let step = 0; step < 60; step++) {
        const what = roll(BY_HAND.length + 6);
        if (what < BY_HAND.length) await db.pool.query(BY_HAND[what] ?? '', [roll(5)]);
        else if (what === BY_HAND.length)
          await claim(db.pool, { limit: 1 + roll(3), gatedRepos: [null, [], ['a']][roll(3)] });
        else if (what === BY_HAND.length + 1)
          for (const run of await claim(db.pool, { limit: 2 })) await (roll(2) === 0 ? complete(run) : release(run));
        else if (what === BY_HAND.length + 2) await admitDueTasks(db.pool);
        else
          await add(
            db.pool,
            ...Array.from({ length: 1 + roll(4) }, () => ({
              repo: [null, 'a', 'b', 'c'][roll(4)],
              priority: roll(3),
              skill: [null, 's'][roll(2)],
            })),
          );
        expect(await wrongGates(db.pool)).toEqual([]);
      }
    },
  );

  test('gates are what a recount makes them after changes from many sides at the same time', async () => {
    await Promise.all(
      Array.from({ length: 6 }, async (_, side) => {
        const roll = dice(side + 100);
        for (let step = 0; step < 40; step++) {
          // One row at a time: two statements by hand that change many rows may well stop each other.
          const {
            rows: [task],
          } = await db.pool.query<{ id: string }>('select id from tasks order by random() limit 1');
          const change = BY_HAND[roll(BY_HAND.length - 2)]?.replaceAll('id % 5 = $1', 'id = $1') ?? '';
          if (task !== undefined && roll(2) === 0) await db.pool.query(change, [task.id]);
          else if (roll(2) === 0) await claim(db.pool, { limit: 2 });
          else await add(db.pool, { repo: ['a', 'b'][roll(2)], priority: roll(3) });
        }
      }),
    );
    expect(await wrongGates(db.pool)).toEqual([]);
  });

  test('a gate cannot be deleted, and emptying the tasks empties it', async () => {
    await add(db.pool, { repo: 'r' });
    await expect(db.pool.query("delete from repo_gates where repo = 'r'")).rejects.toThrow('not deleted');
    await db.pool.query('truncate tasks');
    expect(await wrongGates(db.pool)).toEqual([]);
  });
});
