import { randomUUID } from 'node:crypto';
import { checkAutoPause, createToken, pauseScope, unpauseScope } from '@orchestra/pause-core';
import type { AlertRequest, PauseRequest, UnpauseRequest } from '@orchestra/pause-core/contract';
import { testDatabase } from '@orchestra/testkit';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startService } from '../src/service.ts';
import { buildPage, launchChromium } from './browser.ts';

const db = testDatabase();
let browser: Browser;
let context: BrowserContext;
let service: Awaited<ReturnType<typeof startService>>;
let token: string;
let page: Page;
/** What the browser complained about and no test asked for. */
let complaints: string[];

beforeAll(async () => {
  [browser] = await Promise.all([launchChromium(), buildPage()]);
  token = await createToken(db.pool, { name: 'dana', role: 'operator', by: 'test' });
  service = await start(0);
});
afterAll(async () => {
  await browser?.close();
  await service?.stop();
});
beforeEach(async () => {
  complaints = [];
  context = await browser.newContext();
  page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => { complaints.push(`dialog: ${dialog.message()}`); void dialog.dismiss(); });
  page.on('console', (message) => {
    // A refused token and a stopped service are answers that some tests are about; the browser logs those by itself.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(service.url).origin) complaints.push(`asked elsewhere: ${request.url()}`);
  });
});
afterEach(async () => {
  await context.close();
  await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
  expect(complaints).toEqual([]);
});

function start(port: number): ReturnType<typeof startService> {
  return startService({ databaseUrl: db.url, listenDatabaseUrl: db.url, host: '127.0.0.1', port, logLevel: 'silent' });
}

async function post(path: string, body: PauseRequest | UnpauseRequest | AlertRequest): Promise<void> {
  const response = await fetch(new URL(path, service.url), {
    method: 'POST',
    headers: { 'authorization': `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    body: JSON.stringify(body),
  });
  expect(response.status, await response.text()).toBeLessThan(300);
}

/** Opens the page as the link that `orchestra up` prints does. */
async function open(): Promise<void> {
  await page.goto(`${service.url}/#token=${token}`);
  await line('live').waitFor();
}

const line = (state: string): Locator => page.locator(`.line-state[data-state="${state}"]`);
const rowOf = (scope: string): Locator => page.locator('table.pauses tbody tr').filter({ hasText: scope });
const nothingPaused = (): Locator => page.getByRole('heading', { name: 'Nothing is paused.' });
const changes = (): Locator => page.getByRole('log');

test('a pause made through the API appears by the stream, with scope, reason, who, age and time left', async () => {
  await open();
  await nothingPaused().waitFor();
  await page.getByText('orchestra senate pause agent <id>').waitFor();
  await page.evaluate(() => { document.documentElement.dataset['loaded'] = 'once'; });

  await post('/api/senate/pause', { scope_kind: 'agent', scope_value: 'skeptic', reason: 'runaway loop', ttl_seconds: 1_800 });
  const row = rowOf('agent skeptic');
  await row.getByText('runaway loop').waitFor();
  await row.getByText('dana').waitFor();
  await row.getByText('person').waitFor();
  await row.getByText(/^\d+s$/).waitFor();
  await row.getByText(/^(30m 00s|29m [0-5]\ds)$/).waitFor();
  await page.getByRole('heading', { name: '1 pause is active' }).waitFor();
  await changes().getByText('agent skeptic paused by dana').waitFor();
  expect(await page.title()).toBe('1 paused · Orchestra');
  expect(await page.locator('html').getAttribute('data-loaded')).toBe('once'); // no reload brought it
});

test('P7 two pauses of one scope are two rows, and each goes by itself when it is cleared', async () => {
  await post('/api/senate/pause', { scope_kind: 'quest', scope_value: 'q-7', reason: 'the first one' });
  await post('/api/senate/pause', { scope_kind: 'quest', scope_value: 'q-7', reason: 'the second one' });
  await open();
  await rowOf('the first one').getByText('until cleared').waitFor();
  const id = await rowOf('the second one').getAttribute('data-pause');
  await post('/api/senate/unpause', { id: id ?? '' });
  await rowOf('the second one').waitFor({ state: 'detached' });
  await changes().getByText('quest q-7 cleared by dana').waitFor();
  await rowOf('the first one').waitFor();
  await post('/api/senate/unpause', { scope_kind: 'quest', scope_value: 'q-7' });
  await nothingPaused().waitFor();
});

test('a reason is text and nothing else, deceiving characters are named, and a long one folds', async () => {
  const hostile = '<img src=x onerror=alert(1)><script>alert(2)</script> \u202Egnp.exe ';
  await post('/api/senate/pause', { scope_kind: 'skill', scope_value: '<b onclick=alert(3)>link_check', reason: hostile + 'and on '.repeat(250) });
  await open();
  const row = rowOf('link_check');
  await row.getByText('<img src=x onerror=alert(1)><script>alert(2)</script>').waitFor();
  await row.getByText('U+202E').waitFor();
  expect(await row.locator('img, script, th b b').count()).toBe(0);
  const folded = (await row.textContent())?.length ?? 0;
  await row.getByRole('button', { name: 'Show all' }).click();
  await row.getByRole('button', { name: 'Show less' }).waitFor();
  expect((await row.textContent())?.length).toBeGreaterThan(folded + 1_000);
});

test('P14 an auto-pause is shown as made by senate.auto, beside the alerts that called for it', async () => {
  await open();
  for (const task of ['1', '2', '3']) {
    await post('/api/senate/alerts', { kind: 'runaway', ref_id: 'acct-4471', severity: 'critical', details: { task } });
  }
  await checkAutoPause(db.pool, 'acct-4471');
  const row = rowOf('actor acct-4471');
  await row.getByText('auto-paused: 3+ critical alerts in 5m').waitFor();
  await row.getByText('senate.auto').waitFor();
  await row.getByText('automatic').waitFor();
  await changes().getByText('actor acct-4471 auto-paused by senate.auto').waitFor();
  const alerts = page.getByRole('region', { name: 'Critical alerts' }).getByRole('listitem').filter({ hasText: 'acct-4471' });
  await alerts.nth(2).getByText('paused').waitFor();
  // Whoever opens the page afterwards sees why, too.
  await page.reload();
  await alerts.nth(2).getByText('paused').waitFor();
  expect(await alerts.count()).toBe(3);
});

test('P3 a row written in psql is shown like any other', async () => {
  await open();
  await db.pool.query("insert into senate_pause (scope_kind, scope_value, paused_by, reason) values ('agent', 'scribe', 'night shift', 'by hand')");
  await rowOf('agent scribe').getByText('written by SQL').waitFor();
});

test('a pause drains with the number of runs that still go on, and is quiet when the last has ended', async () => {
  const { rows } = await db.pool.query<{ id: string }>(
    `insert into tasks (agent_id, skill, status, run_id, worker_id, started_at, heartbeat_at, attempt)
     values ('librarian', 'debate', 'running', gen_random_uuid(), 'w1', now(), now(), 1) returning id`);
  await open();
  await post('/api/senate/pause', { scope_kind: 'agent', scope_value: 'librarian', reason: 'model regression' });
  await rowOf('agent librarian').getByText('draining 1').waitFor();
  await db.pool.query("update tasks set status = 'succeeded', run_id = null, pid = null where id = $1", [rows[0]?.id]);
  await rowOf('agent librarian').getByText('quiet').waitFor();
});

test('P8 a pause runs out by the database’s clock, on a machine whose own is two hours fast', async () => {
  await context.addInitScript(() => {
    const RealDate = Date;
    globalThis.Date = class extends RealDate {
      static override now(): number { return RealDate.now() + 7_200_000; }
    } as DateConstructor;
  });
  await post('/api/senate/pause', { scope_kind: 'agent', scope_value: 'skeptic', reason: 'half an hour', ttl_seconds: 1_800 });
  await open();
  expect(await page.evaluate(() => Date.now()) - Date.now()).toBeGreaterThan(7_000_000);
  await rowOf('half an hour').getByText(/^(30m 00s|29m [0-5]\ds)$/).waitFor();
  await post('/api/senate/pause', { scope_kind: 'agent', scope_value: 'skeptic', reason: 'two seconds', ttl_seconds: 2 });
  await rowOf('two seconds').getByText(/^[12]s$/).first().waitFor();
  await rowOf('two seconds').waitFor({ state: 'detached' });
  await changes().getByText('agent skeptic pause came to its end').waitFor();
});

test('a token that is wrong is refused in words, and the right one lets in', async () => {
  await page.goto(service.url);
  const field = page.getByLabel('Token');
  await field.fill('orc_0000000000000000000000000000000000000000000');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').getByText('This token was refused.').waitFor();
  await field.fill(token);
  await field.press('Enter');
  await line('live').waitFor();
  await page.reload(); // kept for this tab
  await line('live').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await field.waitFor();
  await page.reload(); // and forgotten
  await field.waitFor();
});

test('a role that may not read pauses is told so', async () => {
  const source = await createToken(db.pool, { name: 'alertmanager', role: 'source', by: 'test' });
  await page.goto(`${service.url}/#token=${source}`);
  await page.getByRole('alert').getByText('This token may not read pauses.').waitFor();
});

test('a token from the address is used, and is in the address no more', async () => {
  await open();
  expect(page.url()).toBe(`${service.url}/`);
  expect(await page.evaluate(() => [localStorage.length, document.cookie])).toEqual([0, '']);
});

test('a revoked token ends what is shown with it', async () => {
  const visitor = await createToken(db.pool, { name: 'visitor', role: 'viewer', by: 'test' });
  await page.goto(`${service.url}/#token=${visitor}`);
  await line('live').waitFor();
  await db.pool.query("update api_tokens set revoked_at = now() where name = 'visitor'");
  await page.getByRole('alert').getByText('This token was refused.').waitFor({ timeout: 30_000 });
  expect(await page.locator('table.pauses').count()).toBe(0);
});

test('P6 a restart of the service: the page says that it is not live, comes back, and knows what happened meanwhile', async () => {
  await post('/api/senate/pause', { scope_kind: 'agent', scope_value: 'skeptic', reason: 'before the restart' });
  await open();
  await rowOf('before the restart').waitFor();
  await service.stop();
  await line('reconnecting').waitFor();
  await page.getByText(/Reconnecting – what you see is \d+s old\./).waitFor();
  await page.getByRole('heading', { name: '1 pause was active' }).waitFor();
  await rowOf('before the restart').waitFor();

  await pauseScope(db.pool, { scope: { kind: 'quest', value: 'q-7' }, reason: 'in the dark', by: 'dana', source: 'person' });
  await unpauseScope(db.pool, { scope: { kind: 'agent', value: 'skeptic' }, by: 'ines' });
  service = await start(Number(new URL(service.url).port));
  await line('live').waitFor();
  await rowOf('in the dark').waitFor();
  await rowOf('before the restart').waitFor({ state: 'detached' });
  await changes().getByText('agent skeptic cleared by ines').waitFor();
  await changes().getByText('quest q-7 paused by dana').waitFor();
});

test('fits a telephone: nothing to scroll sideways at 320 px, with the longest names', async () => {
  await page.setViewportSize({ width: 320, height: 640 });
  await post('/api/senate/pause', { scope_kind: 'actor', scope_value: 'a'.repeat(200), reason: 'w'.repeat(400) });
  await open();
  await rowOf('aaaa').waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
});
