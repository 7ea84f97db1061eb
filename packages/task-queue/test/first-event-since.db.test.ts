import { testDatabase } from '@orchestra/testkit';
import { beforeEach, expect, test } from 'vitest';
import { firstEventSince } from '../src/history/first-event-since.ts';

const db = testDatabase();
const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

beforeEach(async () => {
  await db.pool.query('truncate task_event_rows, event_batches restart identity');
});

/**
 * One event a minute, the oldest first, alone and in batches by turns; that of `n` minutes ago has the id `count - n`.
 */
const fill = (count: number) =>
  db.pool.query(
    `
  with instants as (select n, now() - make_interval(mins => $1::int - n) as at from generate_series(1, $1::int) n),
       batches as (insert into event_batches (id, task_ids, kind, by, at) select i.n, array[i.n], 'queued', 'test', i.at
         from instants i
         where i.n % 2 = 0)
  insert into task_event_rows (id, task_id, kind, by, at) overriding system value select i.n, i.n, 'queued', 'test',
    i.at
    from instants i
    where i.n % 2 = 1`,
    [count],
  );

test('no event of an instant or later lies before the answer, and no more than a minute of older ones behind it', async () => {
  await fill(500);
  for (const minutes of [0.5, 1.5, 60.5, 250.5, 498.5]) {
    const first = Number(await firstEventSince(db.pool, minutesAgo(minutes)));
    expect(500 - first, `${minutes} minutes ago`).toBe(Math.floor(minutes) + 1);
  }
  expect(await firstEventSince(db.pool, undefined)).toBe(await firstEventSince(db.pool, minutesAgo(60)));
});

test('it is found beside gaps, before everything, and where there is nothing', async () => {
  await fill(500);
  for (const table of ['task_event_rows', 'event_batches'])
    await db.pool.query(`delete from ${table} where id < 200 or id between 300 and 480`);
  expect(Number(await firstEventSince(db.pool, minutesAgo(900)))).toBeLessThanOrEqual(200);
  const inTheGap = Number(await firstEventSince(db.pool, minutesAgo(100.5)));
  expect(inTheGap).toBeGreaterThanOrEqual(300);
  expect(inTheGap).toBeLessThanOrEqual(481);
  expect(Number(await firstEventSince(db.pool, minutesAgo(-10)))).toBe(501);
  await db.pool.query('truncate task_event_rows, event_batches');
  expect(await firstEventSince(db.pool, undefined)).toBe('1');
});
