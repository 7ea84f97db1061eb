import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PAGE_FOLDER } from '@orchestra/dashboard';
import { checkAutoPause, pauseScope, unpauseScope } from '@orchestra/pause-core';
import type { AlertRequest, PauseRequest, UnpauseRequest } from '@orchestra/pause-core/contract';
import { FaultProxy, testDatabase } from '@orchestra/testkit';
import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { BROWSER_WITHIN_MS } from './browser.ts';
import type { Desk } from './desk.ts';
import { servedPage } from './served-page.ts';
import { caller, newToken, startPauseApi } from './started.ts';

const db = testDatabase();
const served = servedPage(db);
let desk: Desk;

async function post(path: string, body: PauseRequest | UnpauseRequest | AlertRequest): Promise<void> {
  expect(await caller(served.url, served.token).post(path, body)).toMatchObject({ status: 200 });
}

const open = async (options: Parameters<typeof served.open>[0] = {}): Promise<Page> =>
  (desk = await served.open(options)).page;

/** The page looks again by the clock; this spares the test the wait. */
async function lookAgain(): Promise<void> {
  await desk.page.evaluate("dispatchEvent(new Event('online'))");
}

const rowOf = (scope: string): Locator => desk.page.locator('table.pauses tbody tr').filter({ hasText: scope });
const nothingPaused = (): Locator => desk.page.getByRole('heading', { name: 'Nothing is paused.' });
const changes = (): Locator => desk.page.getByRole('log');

test('a pause made through the API appears by the stream, with scope, reason, who, age and time left', async () => {
  const page = await open();
  await expect(nothingPaused()).toAppear();
  await expect(page.getByText('To stop one agent, skill, quest or actor, and nothing else')).toAppear();
  let loads = 0;
  page.on('load', () => {
    loads += 1;
  });

  await post('/api/senate/pause', {
    scope_kind: 'agent',
    scope_value: 'skeptic',
    reason: 'runaway loop',
    ttl_seconds: 1_800,
  });
  const row = rowOf('agent skeptic');
  await expect(row.getByText('runaway loop')).toAppear();
  await expect(row.getByText('dana')).toAppear();
  await expect(row.getByText('person')).toAppear();
  await expect(row.getByText(/^\d+s$/)).toAppear();
  await expect(row.getByText(/^(30m 00s|29m [0-5]\ds)$/)).toAppear();
  await expect(page.getByRole('heading', { name: '1 pause is active' })).toAppear();
  await expect(changes().getByText('agent skeptic paused by dana')).toAppear();
  expect(await page.title()).toBe('1 paused · Orchestra');
  expect(loads).toBe(0); // no reload brought it
});

test('P7 two pauses of one scope are two rows, and each goes by itself when it is cleared', async () => {
  await post('/api/senate/pause', { scope_kind: 'quest', scope_value: 'q-7', reason: 'the first one' });
  await post('/api/senate/pause', { scope_kind: 'quest', scope_value: 'q-7', reason: 'the second one' });
  await open();
  await expect(rowOf('the first one').getByText('until cleared')).toAppear();
  const id = await rowOf('the second one').getAttribute('data-pause');
  await post('/api/senate/unpause', { id: id ?? '' });
  await expect(rowOf('the second one')).toVanish();
  await expect(changes().getByText('quest q-7 cleared by dana')).toAppear();
  await expect(rowOf('the first one')).toAppear();
  await post('/api/senate/unpause', { scope_kind: 'quest', scope_value: 'q-7' });
  await expect(nothingPaused()).toAppear();
});

test('a reason is text and nothing else, deceiving characters are named, and a long one folds', async () => {
  const hostile = '<img src=x onerror=alert(1)><script>alert(2)</script> \u202Egnp.exe ';
  await post('/api/senate/pause', {
    scope_kind: 'skill',
    scope_value: '<b onclick=alert(3)>link_check',
    reason: hostile + 'and on '.repeat(250),
  });
  await open();
  const row = rowOf('link_check');
  await expect(row.getByText('<img src=x onerror=alert(1)><script>alert(2)</script>')).toAppear();
  await expect(row.getByText('U+202E')).toAppear();
  expect(await row.locator('img, script, th b b').count()).toBe(0);
  const folded = (await row.textContent())?.length ?? 0;
  await row.getByRole('button', { name: 'Show all' }).click();
  await expect(row.getByRole('button', { name: 'Show less' })).toAppear();
  expect((await row.textContent())?.length).toBeGreaterThan(folded + 1_000);
});

test('P14 an auto-pause is shown as made by senate.auto, beside the alerts that called for it', async () => {
  const page = await open();
  for (const task of ['1', '2', '3']) {
    await post('/api/senate/alerts', { kind: 'runaway', ref_id: 'acct-4471', severity: 'critical', details: { task } });
  }
  await checkAutoPause(db.pool, 'acct-4471');
  const row = rowOf('actor acct-4471');
  await expect(row.getByText('auto-paused: 3+ critical alerts in 5m')).toAppear();
  await expect(row.getByText('senate.auto')).toAppear();
  await expect(row.getByText('automatic')).toAppear();
  await expect(changes().getByText('actor acct-4471 auto-paused by senate.auto')).toAppear();
  const alerts = page
    .getByRole('region', { name: 'Critical alerts' })
    .getByRole('listitem')
    .filter({ hasText: 'acct-4471' });
  await expect(alerts.nth(2).getByText('paused')).toAppear();
  // Anyone who opens the page afterwards sees why, too.
  await page.reload();
  await expect(alerts.nth(2).getByText('paused')).toAppear();
  expect(await alerts.count()).toBe(3);
});

test('P3 a row written in psql is shown like any other', async () => {
  await open();
  await db.pool.query(
    `insert into senate_pause (scope_kind, scope_value, paused_by, reason)
       values ('agent', 'scribe', 'night shift', 'by hand')`,
  );
  await expect(rowOf('agent scribe').getByText('written by SQL')).toAppear();
});

test('a pause drains with the number of runs that still go on, and is quiet when the last has ended', async () => {
  const { rows } = await db.pool.query<{ id: string }>(
    `insert into tasks (agent_id, skill, status, run_id, worker_id, started_at, heartbeat_at, attempt)
     values ('librarian', 'debate', 'running', gen_random_uuid(), 'w1', now(), now(), 1) returning id`,
  );
  await open();
  await post('/api/senate/pause', { scope_kind: 'agent', scope_value: 'librarian', reason: 'model regression' });
  await expect(rowOf('agent librarian').getByText('draining 1')).toAppear();
  await db.pool.query("update tasks set status = 'succeeded', run_id = null, pid = null where id = $1", [rows[0]?.id]);
  await expect(rowOf('agent librarian').getByText('quiet')).toAppear();
});

test('P8 a pause runs out by the database’s clock, on a machine whose own is two hours fast', async () => {
  desk = await served.desk();
  await desk.page.addInitScript(() => {
    const RealDate = Date;
    globalThis.Date = class extends RealDate {
      static override now(): number {
        return RealDate.now() + 7_200_000;
      }
    } as DateConstructor;
  });
  await post('/api/senate/pause', {
    scope_kind: 'agent',
    scope_value: 'skeptic',
    reason: 'half an hour',
    ttl_seconds: 1_800,
  });
  await desk.signIn(served.token);
  expect((await desk.page.evaluate(() => Date.now())) - Date.now()).toBeGreaterThan(7_000_000);
  await expect(rowOf('half an hour').getByText(/^(30m 00s|29m [0-5]\ds)$/)).toAppear();
  await post('/api/senate/pause', {
    scope_kind: 'agent',
    scope_value: 'skeptic',
    reason: 'two seconds',
    ttl_seconds: 2,
  });
  await expect(
    rowOf('two seconds')
      .getByText(/^[12]s$/)
      .first(),
  ).toAppear();
  await expect(rowOf('two seconds')).toVanish();
  await expect(changes().getByText('agent skeptic pause came to its end')).toAppear();
});

test('a pause that goes on when its time is over is not said to have ended', async () => {
  await post('/api/senate/pause', {
    scope_kind: 'agent',
    scope_value: 'skeptic',
    reason: 'it stays',
    ttl_seconds: 1,
    then: 'stay',
  });
  await post('/api/senate/pause', {
    scope_kind: 'agent',
    scope_value: 'librarian',
    reason: 'it probes',
    ttl_seconds: 1,
    then: 'probe',
  });
  const page = await open();
  await expect(rowOf('it stays').getByText('waits for a person')).toAppear();
  await expect(rowOf('it probes').getByText('probing')).toAppear();
  await rowOf('it stays').getByRole('link', { name: 'agent skeptic' }).click();
  await expect(page.getByText('Time left')).toAppear();
  await expect(page.getByText('waits for a person')).toAppear();
  expect(await page.getByText('ended', { exact: true }).count()).toBe(0);
});

test('a token that is wrong is refused in words, and the right one lets in', async () => {
  desk = await served.desk();
  const { page } = desk;
  await page.goto(served.url);
  const field = page.getByLabel('Token');
  await field.fill('orc_0000000000000000000000000000000000000000000');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert').getByText('This token was refused.')).toAppear();
  await field.fill(served.token);
  await field.press('Enter');
  await expect(desk.line('live')).toAppear();
  await page.reload(); // the browser keeps it
  await expect(desk.line('live')).toAppear();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(field).toAppear();
  await page.reload(); // and forgotten
  await expect(field).toAppear();
});

test('a role that may not read pauses is told so', async () => {
  const source = await newToken(db.pool, 'source');
  const { page } = await served.desk();
  await page.goto(`${served.url}/#token=${source}`);
  await expect(page.getByRole('alert').getByText('This token may not read pauses.')).toAppear();
});

test('a token from the address is used, is in the address no more, and no script can read it anywhere', async () => {
  const page = await open();
  expect(page.url()).toBe(`${served.url}/`);
  const { cookies, origins } = await page.context().storageState();
  expect(cookies).toEqual([
    expect.objectContaining({
      name: 'orchestra_session',
      value: served.token,
      httpOnly: true,
      sameSite: 'Strict',
      expires: -1,
    }),
  ]);
  expect(JSON.stringify(origins)).not.toContain(served.token);
  expect(
    await page.evaluate('document.cookie + document.documentElement.outerHTML + JSON.stringify(history.state)'),
  ).not.toContain(served.token);
});

test('a revoked token ends what is shown with it', async () => {
  const visitor = await newToken(db.pool, 'viewer', 'visitor');
  const page = await open({ token: visitor });
  await db.pool.query("update api_tokens set revoked_at = now() where name = 'visitor'");
  // A token that was good is trusted for two more seconds.
  await expect
    .poll(
      async () => {
        await lookAgain();
        return page.getByRole('alert').count();
      },
      { interval: 200, timeout: BROWSER_WITHIN_MS },
    )
    .toBe(1);
  await expect(page.getByRole('alert').getByText('This token was refused.')).toAppear();
  expect(await page.locator('table.pauses').count()).toBe(0);
});

test('P6 a restart of the service: the page says that it is not live, comes back, and knows what happened meanwhile', async () => {
  await post('/api/senate/pause', { scope_kind: 'agent', scope_value: 'skeptic', reason: 'before the restart' });
  const page = await open();
  await expect(rowOf('before the restart')).toAppear();
  await served.restart(async () => {
    await expect(desk.line('reconnecting')).toAppear();
    await expect(page.getByText(/Reconnecting – what you see was true \d+s ago\./)).toAppear();
    await expect(page.getByRole('heading', { name: '1 pause was active' })).toAppear();
    await expect(rowOf('before the restart')).toAppear();

    await pauseScope(db.pool, {
      scope: { kind: 'quest', value: 'q-7' },
      reason: 'in the dark',
      ttlSeconds: null,
      by: 'dana',
      source: 'person',
    });
    await unpauseScope(db.pool, { target: { kind: 'agent', value: 'skeptic' }, by: 'ines' });
  });
  await expect(desk.line('live')).toAppear();
  await expect(rowOf('in the dark')).toAppear();
  await expect(rowOf('before the restart')).toVanish();
  await expect(changes().getByText('agent skeptic cleared by ines')).toAppear();
  await expect(changes().getByText('quest q-7 paused by dana')).toAppear();
});

test('P13 a service that hangs: the page says that it is not live and tells what was true in the past tense', async () => {
  const proxy = await FaultProxy.before(served.url);
  try {
    const page = await open({ url: new URL(proxy.url).origin });
    await expect(nothingPaused()).toAppear();
    proxy.blackhole();
    await expect(page.getByText(/Not live – what you see was true \d+s ago\./)).toAppear();
    await expect(page.getByRole('heading', { name: 'Nothing was paused.' })).toAppear();
    proxy.pass();
    await expect(nothingPaused()).toAppear();
  } finally {
    await proxy.close();
  }
});

test('P13 with the database away the page does not go on saying that nothing is paused', async () => {
  const proxy = await FaultProxy.before(db.url);
  const cutOff = await startPauseApi(proxy.url);
  try {
    const page = await open({ url: cutOff.url });
    await expect(nothingPaused()).toAppear();
    proxy.refuse();
    await lookAgain();
    await expect(page.getByText(/Not confirmed – what you see was true \d+s ago\./)).toAppear();
    await expect(page.getByRole('heading', { name: 'Nothing was paused.' })).toAppear();
    proxy.pass();
    await lookAgain();
    await expect(nothingPaused()).toAppear();
  } finally {
    await cutOff.stop();
    await proxy.close();
  }
});

test('two tabs of one browser are signed in together, and signed out together', async () => {
  const page = await open();
  const other = await page.context().newPage();
  await other.goto(`${served.url}/alerts`);
  await expect(other.locator('.line-state[data-state="live"]')).toAppear();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByLabel('Token')).toAppear();
  await other.evaluate("dispatchEvent(new Event('online'))");
  await expect(other.getByLabel('Token')).toAppear();
});

test('is small, and carries no validator: from the contract it takes types only', () => {
  const sizes = readdirSync(PAGE_FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('api-page')) // served at /docs
    .map((name) => statSync(join(PAGE_FOLDER, name)))
    .filter((file) => file.isFile())
    .map((file) => file.size);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(240_000);
});

test('fits a telephone: nothing to scroll sideways at 320 px, with the longest names', async () => {
  await post('/api/senate/pause', { scope_kind: 'actor', scope_value: 'a'.repeat(200), reason: 'w'.repeat(400) });
  const page = await open({ viewport: { width: 320, height: 640 } });
  await expect(rowOf('aaaa')).toAppear();
  expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
});
