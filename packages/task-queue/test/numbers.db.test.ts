import { testDatabase } from '@orchestra/testkit';
import { beforeEach, expect, test } from 'vitest';
import { completeRun, failRun, readLabelNumbers, readQueueRates } from '../src/index.ts';
import { add, claim, pause } from './fixtures.ts';

const db = testDatabase();

beforeEach(async () => {
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
});

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

test('each label tells what waits, runs, is held and has failed; those that are paused come first', async () => {
  await add(
    db.pool,
    { agent_id: 'busy' },
    { agent_id: 'busy' },
    { agent_id: 'busy' },
    { agent_id: 'failing', max_attempts: 1 },
    { agent_id: 'held', skill: 'a' },
    { agent_id: 'held', skill: 'b' },
  );
  const runs = await claim(db.pool, { limit: 4 });
  await completeRun(db.pool, runs[0]?.id ?? '', runs[0]?.run_id ?? '', null);
  await failRun(db.pool, runs[3]?.id ?? '', runs[3]?.run_id ?? '', { error: 'no', retry: false });
  const {
    pause: { id },
  } = await pause(db.pool, { kind: 'agent', value: 'held' });
  const { labels, more } = await readLabelNumbers(db.pool, { by: 'agent', limit: 10 });
  expect(more).toBe(false);
  expect(
    labels.map(({ per_minute, ...label }) => ({
      ...label,
      finished: sum(per_minute.finished),
      failed: sum(per_minute.failed),
    })),
  ).toEqual([
    {
      value: 'held',
      queued: 2,
      queued_more: false,
      running: 0,
      deferred: 2,
      failed_last_hour: 0,
      alerts_last_hour: 0,
      paused: id,
      finished: 0,
      failed: 0,
    },
    {
      value: 'busy',
      queued: 0,
      queued_more: false,
      running: 2,
      deferred: 0,
      failed_last_hour: 0,
      alerts_last_hour: 0,
      paused: null,
      finished: 1,
      failed: 0,
    },
    {
      value: 'failing',
      queued: 0,
      queued_more: false,
      running: 0,
      deferred: 0,
      failed_last_hour: 1,
      alerts_last_hour: 0,
      paused: null,
      finished: 0,
      failed: 1,
    },
  ]);
  expect(labels.every(({ per_minute }) => per_minute.finished.length === 60 && per_minute.failed.length === 60)).toBe(
    true,
  );
  expect(
    (await readLabelNumbers(db.pool, { by: 'agent', contains: 'FAIL', limit: 10 })).labels.map(({ value }) => value),
  ).toEqual(['failing']);
  expect(await readLabelNumbers(db.pool, { by: 'agent', limit: 1 })).toMatchObject({
    labels: [{ value: 'held' }],
    more: true,
  });
  expect(await readLabelNumbers(db.pool, { by: 'quest', limit: 10 })).toMatchObject({ labels: [], more: false });
});

test('a run counts for the labels with which it was claimed, whatever its task carries now', async () => {
  await add(db.pool, { agent_id: 'then' });
  const [run] = await claim(db.pool);
  await completeRun(db.pool, run?.id ?? '', run?.run_id ?? '', null);
  await db.pool.query("update tasks set agent_id = 'now'");
  const { labels } = await readLabelNumbers(db.pool, { by: 'agent', limit: 10 });
  expect(labels.map(({ value, per_minute }) => [value, sum(per_minute.finished)])).toEqual([['then', 1]]);
});

test('alerts about an actor stand with its numbers', async () => {
  await db.pool.query(
    "insert into senate_alerts (kind, ref_id, severity) values ('x', 'acct-1', 'high'), ('x', 'acct-1', 'low')",
  );
  expect((await readLabelNumbers(db.pool, { by: 'actor', limit: 10 })).labels).toMatchObject([
    { value: 'acct-1', queued: 0, alerts_last_hour: 2 },
  ]);
});

test('the rates tell the last hour minute by minute, and no event twice', async () => {
  await add(db.pool, {}, {}, {});
  for (let claims = 0; claims < 3; claims++) await claim(db.pool, { limit: 1 });
  await db.pool.query(
    `update event_batches set at = at - interval '5 minutes'
       where id = (select min(id) from event_batches where kind = 'claimed')`,
  );
  await db.pool.query(
    `update event_batches set at = at - interval '2 hours'
       where id = (select max(id) from event_batches where kind = 'claimed')`,
  );
  const { minutes, per_second } = await readQueueRates(db.pool);
  expect(minutes).toHaveLength(60);
  expect(sum(minutes.map(({ claimed }) => claimed))).toBe(2);
  expect(sum(minutes.slice(0, 57).map(({ claimed }) => claimed))).toBe(1);
  expect(per_second.claimed).toBe(0.02);
});
