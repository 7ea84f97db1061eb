import { LABEL_KINDS, unpauseScope } from '@orchestra/pause-core';
import { testDatabase } from '@orchestra/testkit';
import { beforeEach, expect, test } from 'vitest';
import { lookForWork } from '../src/index.ts';
import { add, claim, pause } from './fixtures.ts';

const db = testDatabase();

beforeEach(async () => {
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
});

const eventCount = async (): Promise<number> =>
  (await db.pool.query<{ count: number }>('select count(*)::int as count from task_events')).rows[0]?.count ?? 0;

/** Small numbers that repeat from run to run. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * sides);
  };
}

test.each(Array.from({ length: 12 }, (_, seed) => seed + 1))(
  'the look and the claim agree on what there is to do (dice %i)',
  async (seed) => {
    const roll = dice(seed);
    const label = (): string | null => [null, 'x', 'y'][roll(3)] ?? null;
    for (let round = 0; round < 3; round++) {
      await add(
        db.pool,
        ...Array.from({ length: 12 }, () => ({
          agent_id: label(),
          skill: label(),
          quest_id: label(),
          actor_id: label(),
          not_before: roll(4) === 0 ? '2100-01-01T00:00:00Z' : null,
        })),
      );
      for (let pauses = roll(3); pauses > 0; pauses--)
        await pause(db.pool, { kind: LABEL_KINDS[roll(4)] ?? 'agent', value: roll(2) === 0 ? 'x' : 'y' });
      if (round === 2)
        await unpauseScope(db.pool, { target: { kind: LABEL_KINDS[roll(4)] ?? 'agent', value: 'x' }, by: 'dana' });
      for (let open = (await lookForWork(db.pool)).kinds; open.length > 0; open = (await lookForWork(db.pool)).kinds) {
        const [{ agent, skill } = { agent: null, skill: null }] = open;
        const before = await eventCount();
        await claim(db.pool, {
          limit: agent === null || skill === null ? 100 : 1,
          agents: agent === null ? undefined : [agent],
          skills: skill === null ? undefined : [skill],
        });
        expect(await eventCount(), `a claim for ${agent} ${skill} has something to do`).toBeGreaterThan(before);
      }
      const before = await eventCount();
      expect(await claim(db.pool, { limit: 100 })).toEqual([]);
      expect(await eventCount(), 'with nothing open, a claim takes nothing and puts nothing off').toBe(before);
    }
  },
);

test('it tells when the next retry is due or the next pause ends, whichever comes first', async () => {
  expect(await lookForWork(db.pool)).toEqual({ kinds: [], more: false, someWaitAtGates: false, nextInMs: null });
  await add(db.pool, { not_before: new Date(Date.now() + 60_000).toISOString() });
  const retry = await lookForWork(db.pool);
  expect(retry.kinds).toEqual([]);
  expect(retry.nextInMs).toBeGreaterThan(50_000);
  expect(retry.nextInMs).toBeLessThanOrEqual(60_000);
  await pause(db.pool, { kind: 'skill', value: 'lint' }, 5);
  expect((await lookForWork(db.pool)).nextInMs).toBeLessThanOrEqual(5_000);
});

test('more kinds of work than it lists are not kept quiet', async () => {
  await add(db.pool, ...Array.from({ length: 1_001 }, (_, index) => ({ skill: `s-${index}` })));
  const look = await lookForWork(db.pool);
  expect(look.kinds).toHaveLength(1_000);
  expect(look.more).toBe(true);
});
