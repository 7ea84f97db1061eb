import { testDatabase } from '@orchestra/testkit';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LANES_FEWEST } from '../src/turn/claim-strategy.ts';
import { claimTasks, ClaimStrategyCache, lookForWork } from '../src/index.ts';
import { add, claim, ids, pause } from './fixtures.ts';

const db = testDatabase();

// More than a claim looks at in its first looks, each lane with one task that cannot start.
const LANES = 2_100;

beforeEach(async () => {
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
});

const CANNOT_START = {
  'are parked': { paused_at: 'now()' },
  'wait for their next attempt': { next_eligible_at: "now() + interval '1 hour'", attempt: '1' },
  'were added for later': { next_eligible_at: "'2100-01-01'" },
  'are parked or wait, in turn': {
    paused_at: 'case when n % 2 = 0 then now() end',
    next_eligible_at: "case when n % 2 = 1 then timestamptz '2100-01-01' else now() end",
  },
};

describe.each(Object.entries(CANNOT_START))('P9 behind 2,100 lanes whose tasks %s', (_what, columns) => {
  beforeAll(async () => {
    await db.pool.query('truncate tasks, task_event_rows, event_batches, task_lanes');
    const names = Object.keys(columns)
      .map((name) => `, ${name}`)
      .join('');
    const values = Object.values(columns)
      .map((value) => `, ${value}`)
      .join('');
    await db.pool.query(
      `insert into tasks (skill, quest_id${names}) select 's', 'q-' || n${values} from generate_series(1, ${LANES}) n`,
    );
  });

  test('P9 a claim says that there is nothing, and so does the look for those who wait', async () => {
    expect(await claim(db.pool)).toEqual([]);
    expect(await lookForWork(db.pool)).toMatchObject({ kinds: [], more: false });
  });

  test.each([
    { what: 'a task', task: {} },
    { what: 'a task of a lower priority', task: { priority: 5 } },
    { what: 'the first in line at an open gate', task: { repo: 'website' } },
    { what: 'the first in line of a lower priority', task: { repo: 'website', priority: 5 } },
  ])('P9 $what that may start is found, by any claim', async ({ task }) => {
    for (const byLanes of [false, true]) {
      const ways = new ClaimStrategyCache();
      if (byLanes) ways.needed(JSON.stringify([null, ['s']]), LANES_FEWEST);
      const added = await add(db.pool, { skill: 's', quest_id: 'last', ...task });
      expect(await lookForWork(db.pool)).toMatchObject({ kinds: [{ agent: null, skill: 's' }], more: false });
      expect(ids(await claimTasks(db.pool, { worker: 'w-1', limit: 10, skills: ['s'] }, ways))).toEqual(added);
      await db.pool.query("update tasks set status = 'cancelled', run_id = null where id = $1", [added[0]]);
    }
  });

  test('P9 a paused task among them is not taken', async () => {
    const [id] = await add(db.pool, { skill: 's', quest_id: 'last', agent_id: 'skeptic' });
    await pause(db.pool, { kind: 'agent', value: 'skeptic' });
    expect(await claim(db.pool)).toEqual([]);
    expect(await lookForWork(db.pool)).toMatchObject({ kinds: [] });
    await db.pool.query("update tasks set status = 'cancelled' where id = $1", [id]);
  });
});

describe('P9 a search that was cut short goes on', () => {
  beforeEach(async () => {
    await db.pool.query('truncate tasks, task_event_rows, event_batches, task_lanes');
  });

  test('P9 behind tasks that others have locked', async () => {
    const added = await add(db.pool, ...Array.from({ length: 45 }, () => ({ skill: 's' })));
    const other = await db.pool.connect();
    try {
      await other.query('begin');
      await other.query('select from tasks where id <> $1 for update', [added.at(-1)]);
      const ways = new ClaimStrategyCache();
      ways.needed(JSON.stringify([null, null]), LANES_FEWEST);
      expect(ids(await claimTasks(db.pool, { worker: 'w-1', limit: 1 }, ways))).toEqual([added.at(-1)]);
    } finally {
      await other.query('rollback');
      other.release();
    }
  });

  test('P9 behind more tasks that have become due than one statement puts in line', async () => {
    // In portions, so that no statement nears its time limit on a slow machine.
    for (let portion = 0; portion < 7; portion++) {
      await db.pool.query(
        `insert into tasks (skill, repo, next_eligible_at) select 'other', 'r-' || n, '2100-01-01'
           from generate_series(1, 600) n`,
      );
    }
    const [last] = await add(db.pool, { skill: 's', repo: 'website', not_before: '2100-01-01T00:00:00Z' });
    for (let portion = 0; portion < 7; portion++) {
      await db.pool.query(
        "update tasks set next_eligible_at = now() - interval '1 hour' where skill = 'other' and id % 7 = $1",
        [portion],
      );
    }
    await db.pool.query('update tasks set next_eligible_at = now() where id = $1', [last]);
    expect(ids(await claim(db.pool, { skills: ['s'] }))).toEqual([last]);
  });
});

test('the look for those who wait goes through all lanes, of which one page holds some thousands', async () => {
  await db.pool.query('truncate tasks, task_event_rows, event_batches, task_lanes');
  for (let portion = 0; portion < 5; portion++) {
    await db.pool.query(
      `insert into tasks (skill, quest_id, paused_at) select 's', 'q-' || $1::int || '-' || n, now()
         from generate_series(1, 1000) n`,
      [portion],
    );
  }
  await add(db.pool, { skill: 'last' });
  expect(await lookForWork(db.pool)).toMatchObject({ kinds: [{ agent: null, skill: 'last' }], more: false });
});
