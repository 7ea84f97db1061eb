import { testDatabase, until } from '@orchestra/testkit';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { Desk } from './desk.ts';
import { servedPage } from './served-page.ts';
import { newToken } from './started.ts';

const db = testDatabase();
const served = servedPage(db);

// Every pause but each thirteenth is cleared again.
const PAUSES = 520;
const CLEARED = Array.from({ length: PAUSES }, (_, index) => index).filter((index) => index % 13 !== 0);
const CHANGES = PAUSES + CLEARED.length;

/** Puts down what comes in by the stream, as it comes, beside the page that reads it. */
const NOTE_WHAT_COMES = `
  window.positions = [];
  const fetched = window.fetch;
  window.fetch = async (...call) => {
    const response = await fetched(...call);
    if (!String(call[0]).includes('/api/senate/events') || !response.ok) return response;
    const [own, page] = response.body.tee();
    (async () => {
      let rest = '';
      const reader = own.pipeThrough(new TextDecoderStream()).getReader();
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        const messages = (rest + next.value).split('\\n\\n');
        rest = messages.pop();
        for (const message of messages) {
          const id = /^id: (\\d+)\\.\\d+$/m.exec(message), type = /^event: (.+)$/m.exec(message);
          if (id && type && type[1] !== 'snapshot') window.positions.push(Number(id[1]));
        }
      }
    })().catch(() => {});
    return new Response(page, { status: response.status, headers: response.headers });
  };`;

async function startFollowing(token: string): Promise<Desk> {
  const desk = await served.open({ token });
  await desk.page.addInitScript(NOTE_WHAT_COMES);
  await desk.visit('');
  return desk;
}

const positions = (page: Page): Promise<number[]> => page.evaluate<number[]>('window.positions');
const shown = (page: Page): Promise<string[]> => page.locator('table.pauses tbody th').allInnerTexts();

test('P6 P12 two browsers follow 1,000 pause changes without a gap or a duplicate while the service is restarted twice', async () => {
  expect(CHANGES).toBe(1_000);
  const token = await newToken(db.pool, 'viewer');
  const desks = await Promise.all([startFollowing(token), startFollowing(token)]);
  const {
    rows: [before],
  } = await db.pool.query<{ head: number }>('select coalesce(max(position), 0)::int as head from senate_events');

  const make = async (from: number, to: number): Promise<void> => {
    for (let index = from; index < to; index += 1) {
      await db.pool.query(
        `insert into senate_pause (scope_kind, scope_value, paused_by, reason)
           values ('quest', $1, 'dana', 'one of many')`,
        [`q-${index}`],
      );
    }
  };
  const clear = async (from: number, to: number): Promise<void> => {
    for (const index of CLEARED.filter((each) => each >= from && each < to)) {
      await db.pool.query(
        "update senate_pause set cleared_at = now(), cleared_by = 'dana' where scope_kind = 'quest' and scope_value = $1",
        [`q-${index}`],
      );
    }
  };
  await make(0, 150);
  await served.restart(() => make(150, 250));
  await Promise.all([make(250, 400), clear(0, 200)]);
  await served.restart(() => clear(200, 300));
  await Promise.all([make(400, PAUSES), clear(300, 400)]);
  await clear(400, PAUSES);

  await until('all changes have their place', async () => {
    const { rows } = await db.pool.query('select 1 from senate_events where position is null limit 1');
    return rows.length === 0;
  });
  const { rows: told } = await db.pool.query<{ position: number }>(
    'select position::int as position from senate_events where position > $1 order by position',
    [before?.head],
  );
  const changes = told.map(({ position }) => position);
  expect(changes.length).toBeGreaterThanOrEqual(CHANGES);
  const left = Array.from({ length: PAUSES }, (_, index) => index)
    .filter((index) => index % 13 === 0)
    .map((index) => `quest q-${index}`)
    .toReversed();
  for (const { page } of desks) {
    await until('the browser has heard the last change', async () => (await positions(page)).at(-1) === changes.at(-1));
    expect(await positions(page)).toEqual(changes);
    await until('the page shows what is left', async () => (await shown(page)).length === left.length);
    expect(await shown(page)).toEqual(left);
  }
});
