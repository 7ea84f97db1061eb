import type { Queryable } from '@orchestra/database';
import { LABEL_KINDS, unpauseScope } from '@orchestra/pause-core';
import { testDatabase } from '@orchestra/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { LANES_FEWEST } from '../src/turn/claim-strategy.ts';
import { advanceNearestHeads } from '../src/lanes/advance-heads.ts';
import {
  advanceHorizon,
  ClaimStrategyCache,
  claimTasks,
  dropEmptyLanes,
  failRun,
  advanceLaneHeads,
  reapRuns,
  releaseRun,
  type HorizonLook,
} from '../src/index.ts';
import type { ClaimedTask } from '../src/contract/index.ts';
import { add, claim, ids, pause } from './fixtures.ts';

const db = testDatabase();

beforeEach(async () => {
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  await db.pool.query('truncate tasks, task_event_rows, event_batches, task_lanes');
});

/** A claim that takes the lanes' way, whatever the walk would find. */
function claimByLanes(limit = 10, by: Queryable = db.pool): Promise<ClaimedTask[]> {
  const ways = new ClaimStrategyCache();
  ways.needed(JSON.stringify([null, null]), LANES_FEWEST);
  return claimTasks(by, { worker: 'w', limit }, ways);
}

/** The horizon is where the ids are now, and every head where it may be. */
async function tidy(): Promise<void> {
  let look: HorizonLook | null = await advanceHorizon(db.pool, null);
  look = await advanceHorizon(db.pool, look);
  await advanceLaneHeads(db.pool, 1_000);
}

const headsOf = async (): Promise<string[]> =>
  (await db.pool.query<{ head: string }>('select head from task_lanes order by id')).rows.map((row) => row.head);

/** Small numbers that repeat from run to run. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * sides);
  };
}

describe('P9 place kept', () => {
  const BY_WALK = { begins: 'a walk', take: (limit: number) => claim(db.pool, { limit }) };
  const BY_LANES = { begins: 'lanes', take: (limit: number) => claimByLanes(limit) };

  test.each(
    [BY_LANES, BY_WALK].flatMap((way) => Array.from({ length: 10 }, (_, seed) => ({ ...way, seed: seed + 1 }))),
  )(
    'P9 whatever was paused, put back and tidied between, $begins gives the tasks in their order and strands none (dice $seed)',
    async ({ take, seed }) => {
      const roll = dice(seed);
      const label = (): string | null => [null, 'x', 'y', 'z'][roll(4)] ?? null;
      const running = new Map<string, string>();
      for (let round = 0; round < 25; round++) {
        if (roll(3) > 0)
          await add(
            db.pool,
            ...Array.from({ length: 1 + roll(20) }, () => ({
              agent_id: label(),
              skill: label(),
              quest_id: label(),
              actor_id: label(),
              priority: roll(3) - 1,
            })),
          );
        if (roll(4) === 0) await pause(db.pool, { kind: LABEL_KINDS[roll(4)] ?? 'agent', value: 'x' });
        if (roll(4) === 0)
          await unpauseScope(db.pool, { target: { kind: LABEL_KINDS[roll(4)] ?? 'agent', value: 'x' }, by: 'dana' });
        if (roll(3) === 0) await tidy();
        if (roll(6) === 0) await dropEmptyLanes(db.pool);
        for (const [id, runId] of [...running].slice(0, roll(4))) {
          await releaseRun(db.pool, id, runId, { cause: 'shutdown' });
          running.delete(id);
        }
        const limit = 1 + roll(12);
        const expected = await inOrder(limit);
        const got = await take(limit);
        expect(ids(got), `round ${round}`).toEqual(expected);
        for (const task of got) running.set(task.id, task.run_id);
      }
      await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
      const left = await inOrder(100_000);
      const rest: string[] = [];
      for (let got = await take(100); got.length > 0; got = await take(100)) rest.push(...ids(got));
      expect(rest).toEqual(left);
    },
  );

  /** What a claim has to give, told without lanes. */
  async function inOrder(limit: number): Promise<string[]> {
    const { rows } = await db.pool.query<{ id: string }>(
      `select t.id from tasks t
        where t.status = 'queued' and not exists (
              select from active_pauses p
               where case p.scope_kind when 'agent' then t.agent_id when 'skill' then t.skill when 'quest'
                 then t.quest_id else t.actor_id end = p.scope_value)
        order by t.priority, t.id limit $1`,
      [limit],
    );
    return rows.map((row) => row.id);
  }

  test('P9 behind a thousand drained lanes and a deep paused backlog the one task that is left is found', async () => {
    await db.pool.query(
      "insert into tasks (agent_id, quest_id) select 'skeptic', 'q-' || n % 1500 from generate_series(1, 3000) n",
    );
    await db.pool.query(
      "insert into tasks (agent_id, quest_id) select 'gone', 'q-' || n from generate_series(1, 1000) n",
    );
    await db.pool.query("update tasks set status = 'cancelled' where agent_id = 'gone'");
    const [last] = await add(db.pool, { agent_id: 'librarian' });
    await pause(db.pool, { kind: 'agent', value: 'skeptic' });
    expect(ids(await claimByLanes())).toEqual([last]);
  });

  test('P9 tasks that were enqueued earlier and committed later are not left behind a raised head', async () => {
    const [before] = await add(db.pool, { agent_id: 'a' });
    expect(ids(await claimByLanes())).toEqual([before]);
    await tidy();
    const late = await db.pool.connect();
    try {
      await late.query('begin');
      const {
        rows: [slow],
      } = await late.query<{ id: string }>("insert into tasks (agent_id) values ('a') returning id");
      const [quick] = await add(db.pool, { agent_id: 'a' });
      expect(ids(await claimByLanes())).toEqual([quick]);
      // The horizon may not pass the open transaction, however often it is asked to.
      let look = await advanceHorizon(db.pool, null);
      for (let round = 0; round < 3; round++) {
        look = await advanceHorizon(db.pool, look);
        await advanceLaneHeads(db.pool, 1_000);
        await advanceNearestHeads(db.pool, { lanes: 10 });
      }
      await late.query('commit');
      expect(ids(await claimByLanes())).toEqual([slow?.id]);
    } finally {
      late.release();
    }
  });

  test.each(['release', 'fail', 'reap', 'psql'])(
    'P9 a task put back by %s is found before a head that was raised past it',
    async (how) => {
      const [first = '', second] = await add(db.pool, {}, {});
      const [run] = await claimByLanes(1);
      await tidy();
      expect(await headsOf()).toEqual([second]);
      if (how === 'release') await releaseRun(db.pool, first, run?.run_id ?? '', { cause: 'shutdown' });
      if (how === 'fail') await failRun(db.pool, first, run?.run_id ?? '', { error: 'boom', retry: true });
      if (how === 'reap') await reapRuns(db.pool, -1);
      if (how === 'psql')
        await db.pool.query(
          `update tasks set status = 'queued', run_id = null, pid = null, started_at = null, heartbeat_at = null
             where id = $1`,
          [first],
        );
      await db.pool.query("update tasks set next_eligible_at = now() where status = 'queued'");
      expect(ids(await claimByLanes())).toEqual([first, second]);
    },
  );

  test('a head is left where it is until raising it brings it on by enough places', async () => {
    const [first, second, third] = await add(db.pool, { agent_id: 'a' }, { agent_id: 'a' }, { agent_id: 'a' });
    await tidy();
    const [before] = await headsOf();
    expect(ids(await claimByLanes(1))).toEqual([first]);
    expect(await advanceLaneHeads(db.pool, 1_000, 2)).toBe(0);
    expect(await headsOf()).toEqual([before]);
    expect(ids(await claimByLanes(1))).toEqual([second]);
    expect(await advanceLaneHeads(db.pool, 1_000, 2)).toBe(1);
    expect(await headsOf()).toEqual([third]);
    expect(ids(await claimByLanes(1))).toEqual([third]);
  });

  test('P9 a head that is raised while a task is on its way back is not raised past it', async () => {
    const [first = '', second] = await add(db.pool, {}, {});
    const [run] = await claimByLanes(1);
    await advanceHorizon(db.pool, await advanceHorizon(db.pool, null));
    const back = await db.pool.connect();
    try {
      await back.query('begin');
      await releaseRun(back, first, run?.run_id ?? '', { cause: 'shutdown' });
      await advanceLaneHeads(db.pool, 1_000);
      await advanceNearestHeads(db.pool, { lanes: 10 });
      await back.query('commit');
    } finally {
      back.release();
    }
    expect(ids(await claimByLanes())).toEqual([first, second]);
  });
});

test('an empty lane is not dropped from under a task that is just entering it', async () => {
  const [old] = await add(db.pool, { agent_id: 'a' });
  expect(ids(await claimByLanes())).toEqual([old]);
  const entering = await db.pool.connect();
  try {
    await entering.query('begin');
    const {
      rows: [row],
    } = await entering.query<{ id: string }>("insert into tasks (agent_id) values ('a') returning id");
    expect(await dropEmptyLanes(db.pool), 'somebody is entering').toBe(0);
    await entering.query('commit');
    expect(ids(await claimByLanes())).toEqual([row?.id]);
  } finally {
    entering.release();
  }
  expect(await dropEmptyLanes(db.pool)).toBe(1);
  const [next] = await add(db.pool, { agent_id: 'a' });
  expect(ids(await claimByLanes())).toEqual([next]);
});

test('a task whose labels are changed by hand is in the lane of its new labels', async () => {
  const [id] = await add(db.pool, { agent_id: 'a' });
  await pause(db.pool, { kind: 'agent', value: 'b' });
  await db.pool.query("update tasks set agent_id = 'b'");
  expect(await claimByLanes()).toEqual([]);
  await unpauseScope(db.pool, { target: { kind: 'agent', value: 'b' }, by: 'dana' });
  expect(ids(await claimByLanes())).toEqual([id]);
});

test('labels as long as they may be have a lane', async () => {
  const long = (letter: string): string => letter.repeat(200);
  const [id] = await add(db.pool, {
    repo: null,
    agent_id: long('𝔸'.slice(0, 2)).slice(0, 200),
    skill: long('s'),
    quest_id: long('q'),
    actor_id: long('a'),
  });
  expect(ids(await claimByLanes())).toEqual([id]);
});
