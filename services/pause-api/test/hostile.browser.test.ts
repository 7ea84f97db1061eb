import { HOSTILE_STRINGS, testDatabase, until } from '@orchestra/testkit';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { servedPage } from './served-page.ts';

const db = testDatabase();
const served = servedPage(db);

const STORABLE = HOSTILE_STRINGS.filter(({ storable }) => storable).map(({ text }) => text);
// What a page would obey or show as nothing: it is named instead.
const NAMED =
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2064\u2066-\u206F\uFEFF]/gu; // oxlint-disable-line no-control-regex
const asShown = (text: string): string =>
  text.replaceAll(
    NAMED,
    (character) => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`,
  );

const textsOf = (page: Page, selector: string): Promise<string[]> => page.locator(selector).allTextContents();
/** Elements that only somebody else's markup could have made. */
const foreign = (page: Page): Promise<number> =>
  page
    .locator(
      'main :is(img, iframe, script, style, base, math, plaintext, object, embed, [onerror], [onload], ' +
        '[onmouseover], a[href^="javascript:"])',
    )
    .count();

test('X25 X31 whatever stands in scope and reason is text on the page', async () => {
  // By SQL, because the API refuses some of them, and as if they were from before the table refused them too.
  await db.pool.query('alter table senate_pause disable trigger senate_pause_well_formed');
  const kept: string[] = [];
  for (const text of STORABLE) {
    const written = await db.pool
      .query(
        `insert into senate_pause (scope_kind, scope_value, paused_by, reason) values ('actor', $1, $1, $1) on conflict
           do nothing`,
        [text],
      )
      .catch(() => undefined);
    if (written?.rowCount === 1) kept.push(text);
  }
  expect(kept.length).toBeGreaterThan(100);
  const desk = await served.open();
  const newestFirst = kept.map(asShown).toReversed().slice(0, 200);
  await until(
    'all of them are there',
    async () => (await textsOf(desk.page, 'table.pauses tbody th')).length === newestFirst.length,
  );
  // A label is shown in its one form, in which it is compared.
  expect(await textsOf(desk.page, 'table.pauses tbody th .scope b bdi')).toEqual(
    newestFirst.map((text) => text.normalize('NFC')),
  );
  const folded = desk.page.getByRole('button', { name: 'Show all' });
  while ((await folded.count()) > 0) await folded.first().click();
  expect(await textsOf(desk.page, 'table.pauses tbody td.reason > bdi')).toEqual(newestFirst);
  expect(await textsOf(desk.page, 'table.pauses tbody .author > bdi')).toEqual(newestFirst);
  expect(await foreign(desk.page)).toBe(0);
  await desk.picture('hostile');
});

test('X25 X31 whatever stands in an alert’s kind, actor and details is text on the page', async () => {
  for (const text of STORABLE)
    await db.pool.query("insert into senate_alerts (kind, ref_id, severity, details) values ($1, $1, 'low', $2)", [
      text,
      { text },
    ]);
  const desk = await served.open();
  await desk.visit('alerts');
  const kinds: string[] = [];
  const actors: string[] = [];
  for (let pages = 0; kinds.length < STORABLE.length && pages < 10; pages += 1) {
    const rows = desk.page.locator('table.alerts tbody tr');
    await expect(rows.first()).toAppear();
    kinds.push(...(await textsOf(desk.page, 'table.alerts tbody td[data-label="Alert"] div > bdi')));
    actors.push(...(await textsOf(desk.page, 'table.alerts tbody td[data-label="Actor"] bdi')));
    expect(await foreign(desk.page)).toBe(0);
    const older = desk.page.getByRole('link', { name: 'Older' });
    if ((await older.count()) === 0) break;
    const before = await rows.first().getByRole('button').first().getAttribute('aria-label');
    await older.click();
    await until(
      'the next page',
      async () => (await rows.first().getByRole('button').first().getAttribute('aria-label')) !== before,
    );
  }
  expect(kinds).toEqual(STORABLE.map(asShown).toReversed());
  expect(actors).toEqual(STORABLE.map(asShown).toReversed());
});
