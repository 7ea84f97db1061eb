import { extendPause, unpauseScope, type Scope } from '@orchestra/pause-core';
import { testDatabase } from '@orchestra/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  claimTasks,
  deferPaused,
  findTask,
  listTasks,
  parkTask,
  releaseRun,
  failRun,
  unparkTask,
} from '../src/index.ts';
import { add, claim, pause } from './fixtures.ts';

const db = testDatabase();
const skeptic: Scope = { kind: 'agent', value: 'skeptic' };

beforeEach(async () => {
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
});

/** A few rounds of the sweep. */
async function sweep(): Promise<void> {
  for (let round = 0; round < 3; round++) await deferPaused(db.pool);
}

/** How many tasks wait, and how many of them were put off by one event for their pause. */
async function putOff(): Promise<{ waiting: number; told: number }> {
  const {
    rows: [row],
  } = await db.pool.query(
    `select count(*)::int as waiting, count(*) filter (where t.deferred_by is not null and
            (select count(*)
               from task_events e
              where e.task_id = t.id
                and e.kind = 'deferred'
                and e.data ->> 'pause_id' = t.deferred_by::text) = 1)::int as told
       from tasks t where t.status = 'queued'`,
  );
  return row;
}

describe('P9 whatever comes to a paused lane is put off, once', () => {
  test.each([
    'stops at its checkpoint',
    'fails and is due again',
    'is locked while the sweep passes by',
    'commits late',
    'is unparked',
    'is due by now',
    'is given another time by SQL',
  ])('P9 a task before the others that %s', async (how) => {
    const [first = '', second = ''] = await add(db.pool, ...Array.from({ length: 4 }, () => ({ agent_id: 'skeptic' })));
    const [run] =
      how === 'stops at its checkpoint' || how === 'fails and is due again' ? await claim(db.pool, { limit: 1 }) : [];
    const other = await db.pool.connect();
    try {
      await other.query('begin');
      if (how === 'commits late') {
        await other.query("insert into tasks (agent_id) values ('skeptic')");
        await add(db.pool, { agent_id: 'skeptic' });
      }
      if (how === 'is locked while the sweep passes by')
        await other.query('select from tasks where id = $1 for update', [second]);
      if (how === 'is unparked') await parkTask(db.pool, first, { name: 'dana' }, 'test');
      if (how === 'is due by now' || how === 'is given another time by SQL')
        await db.pool.query("update tasks set next_eligible_at = now() + interval '1 hour' where id = $1", [first]);
      await pause(db.pool, skeptic, 3_600);
      await sweep();
      if (how === 'is due by now') {
        // As if the hour were over: the sweep has noted for when it left the task over.
        await db.pool.query('alter table tasks disable trigger user');
        await db.pool.query('update tasks set next_eligible_at = now() where id = $1', [first]);
        await db.pool.query('alter table tasks enable trigger user');
        await db.pool.query("update task_lanes set deferred_again_at = deferred_again_at - interval '1 hour'");
      }
      if (how === 'stops at its checkpoint')
        await releaseRun(db.pool, first, run?.run_id ?? '', { cause: 'pause', cursor: 1 });
      if (how === 'fails and is due again') {
        await failRun(db.pool, first, run?.run_id ?? '', { error: 'boom', retry: true });
        await sweep();
        await db.pool.query('update tasks set next_eligible_at = now() where id = $1', [first]);
      }
      if (how === 'is unparked') await unparkTask(db.pool, first, { name: 'dana' });
      if (how === 'is given another time by SQL')
        await db.pool.query('update tasks set next_eligible_at = now() where id = $1', [first]);
      await other.query('commit');
    } finally {
      other.release();
    }
    await sweep();
    const waiting = how === 'commits late' ? 6 : 4;
    expect(await putOff()).toEqual({ waiting, told: waiting });
  });
});

describe('what is shown of a task that was put off follows its pauses', () => {
  const shown = async (id: string): Promise<{ by: string | null; inSeconds: number; row: number }> => {
    const task = await findTask(db.pool, id);
    expect((await listTasks(db.pool, { limit: 10 })).find((one) => one.id === id)?.deferred_by).toBe(task?.deferred_by);
    const {
      rows: [row],
    } = await db.pool.query(
      `select extract(epoch from next_eligible_at - now())::int as row,
              extract(epoch from $2::timestamptz - now())::float8 as shown
         from tasks
        where id = $1`,
      [id, task?.next_eligible_at],
    );
    return { by: task?.deferred_by ?? null, inSeconds: row.shown, row: row.row };
  };
  const near = (seconds: number): unknown => expect.toSatisfy((value: number) => Math.abs(value - seconds) < 30);

  test.each([{ to: 7_200 }, { to: 600 }])(
    'its new end, when a pause of an hour is given $to seconds',
    async ({ to }) => {
      const [id = ''] = await add(db.pool, { agent_id: 'skeptic' });
      const { pause: made } = await pause(db.pool, skeptic, 3_600);
      await sweep();
      expect(await shown(id)).toEqual({ by: made.id, inSeconds: near(3_600), row: near(3_600) });
      await extendPause(db.pool, { id: made.id, ttlSeconds: to, by: 'dana' });
      expect(await shown(id)).toMatchObject({ by: made.id, inSeconds: near(to) });
      await sweep();
      expect(await shown(id)).toEqual({ by: made.id, inSeconds: near(to), row: near(to) });
      await db.pool.query('update senate_pause set ttl_seconds = ttl_seconds + 36000 where id = $1', [made.id]);
      expect(await shown(id)).toMatchObject({ by: made.id, inSeconds: near(to + 36_000) });
      await sweep();
      expect(await shown(id)).toMatchObject({ row: near(to + 36_000) });
      expect(await putOff(), 'one event for each task and pause').toEqual({ waiting: 1, told: 1 });
    },
  );

  test.each([null, 'stay', 'probe'] as const)(
    'never a time that has passed, while the pause ends by no clock (%s)',
    async (endsAs) => {
      const [id = ''] = await add(db.pool, { agent_id: 'skeptic' });
      const { pause: made } = await pause(db.pool, skeptic, 3_600);
      await sweep();
      await extendPause(
        db.pool,
        endsAs === null
          ? { id: made.id, ttlSeconds: null, by: 'dana' }
          : { id: made.id, ttlSeconds: 1_800, endsAs, by: 'dana' },
      );
      expect(await shown(id)).toMatchObject({ by: made.id, inSeconds: near(60) });
      await sweep();
      await db.pool.query("update tasks set next_eligible_at = now() - interval '1 hour'");
      expect(await shown(id)).toMatchObject({ by: made.id, inSeconds: near(60) });
    },
  );

  test('the last end of several, and the pause that is named, as they come and go', async () => {
    const [id = ''] = await add(db.pool, { agent_id: 'skeptic', actor_id: 'acct-1' });
    const { pause: agents } = await pause(db.pool, skeptic, 7_200);
    const { pause: actors } = await pause(db.pool, { kind: 'actor', value: 'acct-1' }, 600);
    await sweep();
    expect(await shown(id)).toEqual({ by: actors.id, inSeconds: near(7_200), row: near(7_200) });
    await unpauseScope(db.pool, { target: { id: agents.id }, by: 'dana' });
    expect(await shown(id)).toMatchObject({ by: actors.id, inSeconds: near(600) });
    const { pause: longer } = await pause(db.pool, { kind: 'actor', value: 'acct-1' }, 9_000);
    expect(await shown(id)).toMatchObject({ by: longer.id, inSeconds: near(9_000) });
    await unpauseScope(db.pool, { target: { kind: 'actor', value: 'acct-1' }, by: 'dana' });
    expect(await shown(id), 'no pause is named that does not hold it').toMatchObject({
      by: null,
      inSeconds: expect.toSatisfy((seconds: number) => seconds <= 0),
    });
    expect(await claimTasks(db.pool, { worker: 'w-1', limit: 1 })).toMatchObject([{ id }]);
  });
});
