import { checkAutoPause } from '@orchestra/pause-core';
import { testDatabase, until } from '@orchestra/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Desk } from './desk.ts';
import { Fleet } from './fleet.ts';
import { servedPage } from './served-page.ts';
import { caller, newToken, type Caller } from './started.ts';

const db = testDatabase();
const served = servedPage(db);
let fleet: Fleet;
let api: Caller;
let desk: Desk;

beforeAll(async () => {
  api = caller(served.url, served.token);
  fleet = await Fleet.start({ databaseUrl: db.url, token: await newToken(db.pool, 'worker', 'fleet'), workers: 3 });
});
afterAll(() => fleet?.stop());
afterEach(() => fleet.letGo());

const open = async (options: Parameters<typeof served.open>[0] = {}): Promise<Desk> =>
  (desk = await served.open(options));
const pauseButton = (name: string): ReturnType<Desk['page']['getByRole']> => desk.page.getByRole('button', { name });
const focused = (): Promise<string> =>
  desk.page.evaluate<string>("document.activeElement.textContent || document.activeElement.name || ''");

test('by the keyboard alone: from a row to its pause, which is watched until it is quiet, and cleared', async () => {
  await fleet.add(
    { agent_id: 'skeptic', skill: 'debate', payload: { hold: true } },
    { agent_id: 'librarian', skill: 'lookup', payload: { hold: true } },
  );
  await open();
  const { page } = desk;
  await expect(page.getByRole('link', { name: 'skeptic' })).toAppear();
  await page.keyboard.press('/');
  await page.keyboard.type('skep');
  await expect(page.getByRole('link', { name: 'librarian' })).toVanish();
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'skeptic' }).focus();
  await page.keyboard.press('p');

  await expect(page.getByRole('dialog')).toAppear();
  expect(await page.getByRole('combobox', { name: 'Id' }).inputValue()).toBe('skeptic');
  expect(await focused()).toBe('reason');
  await page.keyboard.type('runaway loop');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowRight');
  await expect(page.getByText('1 task still running (it will finish normally)')).toAppear();
  await page.keyboard.press('Enter');

  await expect(desk.heading('agent skeptic')).toAppear();
  await expect(page.getByText('In effect', { exact: true })).toAppear();
  await expect(page.getByText('Draining 1')).toAppear();
  await expect(page.getByText('0 of 1 run ended')).toAppear();
  await desk.picture('pause-draining');
  fleet.letGo();
  await expect(page.getByText('Quiet', { exact: true })).toAppear();
  await expect(desk.row('worker-').getByText('completed')).toAppear();

  await page.getByRole('button', { name: 'Clear…' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Clear the pause of agent skeptic' })).toAppear();
  expect(await focused()).toBe('reason');
  await page.keyboard.type('the prompt is fixed');
  await page.keyboard.press('Enter');
  await expect(page.getByText(/^Pause \d+, ended$/)).toAppear();
  await expect(page.getByRole('listitem').filter({ hasText: 'the prompt is fixed' })).toAppear();
  await page.keyboard.press('g');
  await page.keyboard.press('n');
  await expect(desk.heading('Nothing is paused.')).toAppear();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toAppear();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toVanish();
});

test('a pause tells which gates know it, as they do, and how often it was met', async () => {
  const { id } = await api.pause('agent', 'gated');
  const gate = { id: crypto.randomUUID(), name: 'box:7', kind: 'brake', host: 'box', stops_when_unknown: true };
  await api.post('/api/turn-gates/report', { ...gate, known_pauses: [] });
  // However long the browser takes.
  await db.pool.query("update turn_gates set seen_at = now() + interval '1 hour'");
  await open();
  const { page } = desk;
  await desk.visit(`pauses/${id}`);
  await expect(page.getByText('0 of 1 turn gate connected have confirmed it; not yet: box:7')).toAppear();
  await api.post('/api/turn-gates/report', {
    ...gate,
    known_pauses: [id],
    refusals: [{ pause_id: id, agent_id: 'gated', refused: 14, first_ago_ms: 0, last_ago_ms: 0 }],
  });
  await expect(page.getByText('At the gates')).toAppear();
  await expect(page.getByText(/refused 14 times by 1 gate, last .* ago: gated/)).toAppear();
  await api.post('/api/turn-gates/report', { ...gate, leaving: true });
  await api.post('/api/senate/unpause', { id });
});

test('nothing is paused until what, why and for how long are said, and "until cleared" has to be said too', async () => {
  await open();
  const { page } = desk;
  await pauseButton('Pause…').click();
  const submit = page.getByRole('dialog').getByRole('button', { name: /^Pause/ });
  expect(await submit.isDisabled()).toBe(true);
  await page.getByRole('radio', { name: 'skill' }).check();
  await page.getByLabel('Id').fill('link_check');
  expect(await submit.isDisabled()).toBe(true);
  await page.getByLabel('Reason').fill('asks the same page for ever');
  await expect(page.getByText('Fill in: duration.')).toAppear();
  expect(await submit.isDisabled()).toBe(true);
  await page.getByLabel('Another duration').fill('half an hour');
  await expect(page.getByText('Write it as 90s, 30m, 2h 30m or 1d.')).toAppear();
  expect(await submit.isDisabled()).toBe(true);
  await page.getByRole('radio', { name: 'until cleared' }).check();
  await expect(page.getByText('Nothing carries this label just now.')).toAppear();
  await submit.click();
  await expect(desk.heading('skill link_check')).toAppear();
  const { body } = await api.get<{ pauses: unknown[] }>('/api/senate/pauses');
  expect(body.pauses).toEqual([
    expect.objectContaining({
      scope_kind: 'skill',
      scope_value: 'link_check',
      reason: 'asks the same page for ever',
      ttl_seconds: null,
      paused_by: 'dana',
    }),
  ]);
});

test('Esc closes the dialog, nothing is paused, and the focus is where it was', async () => {
  await open();
  const { page } = desk;
  await pauseButton('Pause…').click();
  await page.getByLabel('Id').fill('skeptic');
  await page.getByLabel('Reason').fill('a slip');
  // The dialog keeps the focus: Tab goes round in it, and nothing behind it can be reached.
  for (let presses = 0; presses < 20; presses += 1) {
    await page.keyboard.press('Tab');
    expect(
      await page.evaluate(
        "document.activeElement === document.body || document.activeElement.closest('dialog') !== null",
      ),
    ).toBe(true);
  }
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toVanish();
  expect(await focused()).toContain('Pause…');
  expect((await api.get<{ pauses: unknown[] }>('/api/senate/pauses')).body.pauses).toEqual([]);
});

test('P10 an answer that was lost makes no second pause when it is asked for again', async () => {
  await open();
  const { page } = desk;
  let calls = 0;
  await page.route('**/api/senate/pause', async (route) => {
    calls += 1;
    if (calls > 1) return route.continue();
    await route.fetch(); // made, and the answer goes nowhere
    return route.abort();
  });
  await pauseButton('Pause…').click();
  await page.getByLabel('Id').fill('skeptic');
  await page.getByLabel('Reason').fill('once');
  await page.getByRole('radio', { name: '30m' }).check();
  const submit = page.getByRole('dialog').getByRole('button', { name: 'Pause agent skeptic' });
  await submit.click();
  await expect(page.getByText('The service does not answer.')).toAppear();
  await submit.click();
  await expect(desk.heading('agent skeptic')).toAppear();
  expect(calls).toBe(2);
  expect((await api.get<{ pauses: unknown[] }>('/api/senate/pauses')).body.pauses).toHaveLength(1);
});

test('before it is confirmed a pause shows what it would hold, and a broad one has to be typed out', async () => {
  await api.pause('agent', 'cartographer', { reason: 'earlier' });
  await fleet.add(
    ...Array.from({ length: 8 }, () => ({
      agent_id: 'cartographer',
      skill: 'survey',
      quest_id: 'q-maps',
      repo: 'acme/maps',
    })),
  );
  await open();
  const { page } = desk;
  await pauseButton('Pause…').click();
  await page.getByRole('radio', { name: 'skill' }).check();
  await page.getByLabel('Id').fill('survey');
  await page.getByLabel('Reason').fill('bad maps');
  await page.getByRole('radio', { name: '1h' }).check();
  const radius = page.getByRole('region', { name: 'What it would hold' });
  await expect(radius.getByText('8 tasks')).toAppear();
  await expect(radius.getByText('q-maps')).toAppear();
  await expect(radius.getByText('acme/maps')).toAppear();
  await expect(radius.getByText('Paused already by 1 other pause')).toAppear();
  const submit = page.getByRole('dialog').getByRole('button', { name: 'Pause skill survey' });
  await expect(page.getByText('This holds more than half of what is queued.')).toAppear();
  expect(await submit.isDisabled()).toBe(true);
  await desk.picture('dialog-broad');
  expect(await desk.seriousFindings()).toEqual([]);
  await page.getByLabel('This holds more than half').fill('survey');
  await submit.click();
  await expect(desk.heading('skill survey')).toAppear();
  // Every number leads to the list behind it.
  await page.getByRole('link', { name: '8 tasks held' }).click();
  await expect(page.getByText('Held by pause')).toAppear();
  await until('all of them are listed', async () => (await page.locator('table.tasks tbody tr').count()) === 8);
});

test('P19 what carries two labels is paused, and the whole fleet, whose name has to be typed out', async () => {
  await open();
  const { page } = desk;
  await pauseButton('Pause…').click();
  await page.getByRole('radio', { name: 'quest' }).check();
  await page.getByLabel('Id').fill('q-pair');
  await page.getByText('Only where other labels match as well').click();
  await page.getByRole('textbox', { name: 'agent', exact: true }).fill('skeptic');
  await page.getByLabel('Reason').fill('both');
  await page.getByRole('radio', { name: '30m' }).check();
  await page.getByRole('dialog').getByRole('button', { name: 'Pause agent skeptic + quest q-pair' }).click();
  await expect(desk.heading('agent skeptic + quest q-pair')).toAppear();

  await desk.visit('');
  await pauseButton('Pause…').click();
  await page.getByRole('radio', { name: 'the whole fleet' }).check();
  await page.getByLabel('Reason').fill('nonsense everywhere');
  await page.getByRole('radio', { name: '15m' }).check();
  const submit = page.getByRole('dialog').getByRole('button', { name: 'Pause the whole fleet' });
  expect(await submit.isDisabled()).toBe(true);
  await page.getByLabel('This stops everything').fill('fleet');
  expect(await desk.seriousFindings()).toEqual([]);
  await submit.click();
  await expect(desk.heading('the whole fleet')).toAppear();
  const {
    body: { pauses },
  } = await api.get<{ pauses: { scope_kind: string; also: unknown }[] }>('/api/senate/pauses');
  expect(pauses.slice(0, 2)).toMatchObject([
    { scope_kind: 'fleet', also: null },
    { scope_kind: 'agent', also: { quest: 'q-pair' } },
  ]);
});

test('a pause is extended on its page, and its timeline says by whom and why', async () => {
  const { id } = await api.pause('actor', 'acct-7', { ttl_seconds: 120 });
  await open();
  const { page } = desk;
  await desk.visit(`pauses/${id}`);
  await page.getByRole('button', { name: 'Extend…' }).click();
  await page.getByRole('radio', { name: '4h' }).check();
  await page.getByLabel('Why').fill('waiting for the vendor');
  await page.getByRole('button', { name: 'Extend this pause' }).click();
  await expect(page.getByText(/^3h 59m$|^4h 00m$/)).toAppear();
  await expect(page.getByRole('listitem').filter({ hasText: 'waiting for the vendor' })).toAppear();
});

test('the table of agents sorts, turns to skills, and its numbers and filters stand in addresses', async () => {
  await api.pause('agent', 'scribe');
  await fleet.add(
    { agent_id: 'scribe', skill: 'write' },
    { agent_id: 'scribe', skill: 'write' },
    { agent_id: 'herald', skill: 'shout', payload: { fail: 'no voice' } },
  );
  await open();
  const { page } = desk;
  const names = (): Promise<string[]> => page.locator('table.numbers tbody th a.mono').allInnerTexts();
  await expect(desk.row('herald').locator('.number.bad').getByText('1')).toAppear();
  await expect(desk.row('scribe').getByText('paused')).toAppear();
  await page.getByRole('button', { name: 'agent', exact: true }).click();
  expect(await names()).toEqual((await names()).toSorted((a, b) => a.localeCompare(b)));
  await page.getByRole('button', { name: 'failed, 1h' }).click();
  expect((await names())[0]).toBe('herald');
  await desk.picture('now');
  await page.getByRole('link', { name: 'Skills' }).click();
  await expect(page.getByRole('link', { name: 'write' })).toAppear();
  expect(new URL(page.url()).search).toBe('?by=skill');
  await desk.row('write').getByRole('link', { name: '2 queued' }).click();
  expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/tasks?skill=write&status=queued');
  await until('the two tasks are listed', async () => (await page.locator('table.tasks tbody tr').count()) === 2);
  await page.goBack();
  await expect(page.getByRole('link', { name: 'write' })).toAppear();
  await page.reload();
  await expect(page.getByRole('link', { name: 'write' })).toAppear();
});

test('a filter that is still being typed when its list is left changes no other address', async () => {
  desk = await served.desk();
  await desk.page.clock.install();
  await desk.signIn(served.token);
  const { page } = desk;
  await desk.visit('tasks');
  await desk.settled();
  // In one go, or a slow machine would have typed it long before.
  await page.evaluate(`{
    const field = document.querySelector('[data-filter]');
    field.value = 'skeptic';
    field.dispatchEvent(new Event('input', { bubbles: true }));
    document.querySelector('nav[aria-label="Views"] a[href$="/history"]').click();
  }`);
  await expect(desk.heading('History')).toAppear();
  await page.clock.runFor(1_000);
  expect(page.url()).toBe(`${served.url}/history`);
});

test('the page of a task says why it is not running, and what is done about it there is done', async () => {
  const { id: pauseId } = await api.pause('skill', 'audit', { ttl_seconds: 3_600 });
  const [id] = await fleet.add({ skill: 'audit', repo: 'acme/books', payload: { year: 2026 } });
  await open();
  const { page } = desk;
  await desk.visit(`tasks/${id}`);
  await expect(desk.heading('Why it is not running')).toAppear();
  await expect(page.locator('.holds').getByRole('link', { name: `pause ${pauseId}` })).toAppear();
  await expect(page.getByText('"year": 2026')).toAppear();
  await page.getByRole('button', { name: 'Park…' }).click();
  await page.getByLabel('Reason').fill('the books are out');
  await page.getByRole('button', { name: 'Park it' }).click();
  await expect(page.locator('.holds').getByText('parked').first()).toAppear();
  await expect(page.getByRole('list', { name: 'Events' }).getByText('parked')).toAppear();
  await desk.picture('task');
  await page.getByRole('button', { name: 'Unpark' }).click();
  await expect(page.getByRole('button', { name: 'Park…' })).toAppear();
  await api.post('/api/senate/unpause', { id: pauseId });
  await expect(page.locator('h1').getByText('succeeded')).toAppear();
  await expect(page.getByText('"answer": 42')).toAppear();
});

test('P14 the alerts say which auto-pause they fed, and are acknowledged there', async () => {
  for (let count = 0; count < 3; count += 1)
    await api.post('/api/senate/alerts', { kind: 'loop', ref_id: 'acct-9', severity: 'critical', details: { count } });
  await checkAutoPause(db.pool, 'acct-9');
  await open();
  const { page } = desk;
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  await until(
    'all three have fed the pause',
    async () =>
      (await desk
        .row('acct-9')
        .getByRole('link', { name: /^pause \d+$/ })
        .count()) === 3,
  );
  await desk.picture('alerts');
  await desk
    .row('"count":1')
    .getByRole('button', { name: /^Acknowledge/ })
    .click();
  await expect(desk.row('"count":1').getByText('by dana')).toAppear();
  await page.getByLabel('acknowledged').selectOption('true');
  await until('the acknowledged one is filtered out', async () => (await desk.row('acct-9').count()) === 2);
  expect(new URL(page.url()).search).toBe('?unacknowledged=true');
});

test('P12 the history says who did what to which scope, and is filtered by scope and by person', async () => {
  await api.pause('quest', 'q-history', { reason: 'to be remembered' });
  await api.post('/api/senate/unpause', { scope_kind: 'quest', scope_value: 'q-history', reason: 'and ended' });
  await caller(served.url, await newToken(db.pool, 'operator', 'ines')).pause('quest', 'q-other');
  await open();
  const { page } = desk;
  await desk.visit('history?scope_kind=quest&scope_value=q-history');
  await expect(desk.row('to be remembered').getByText('dana')).toAppear();
  await expect(desk.row('and ended')).toAppear();
  expect(await desk.row('q-other').count()).toBe(0);
  await desk.visit('history');
  await desk.row('q-other').getByRole('link', { name: 'ines' }).click();
  await expect(desk.row('q-history')).toVanish();
  expect(new URL(page.url()).search).toBe('?by=ines');
  await desk.picture('history');
  await page.getByLabel('by', { exact: true }).fill('nobody');
  await expect(page.getByText('Nothing happened that is like that.')).toAppear();
});

test('what takes longer than a second says so, what fails says why and is tried again', async () => {
  await open();
  const { page } = desk;
  const answered = Promise.withResolvers<void>();
  let calls = 0;
  await page.route('**/api/senate/alerts?*', async (route) => {
    calls += 1;
    if (calls === 1) await answered.promise;
    return calls === 1
      ? route.fulfill({
          status: 503,
          contentType: 'application/problem+json',
          body: JSON.stringify({ detail: 'the database is away' }),
        })
      : route.continue();
  });
  await page.route('**/api/senate/alerts', async (route) => {
    await answered.promise;
    return route.continue();
  });
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  await expect(page.getByRole('status').getByText('Reading the alerts…')).toAppear();
  answered.resolve();
  await expect(page.getByText('The alerts could not be read. The database is away.')).toAppear();
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByText('The alerts could not be read.')).toVanish();
  await expect(page.locator('table.alerts, .nothing')).toAppear();
});

test('the colours are the machine’s, or light or dark as chosen here, and stay so', async () => {
  await open({ colorScheme: 'dark' });
  const { page } = desk;
  const dark = (): Promise<boolean> =>
    page.evaluate<boolean>('Number(/\\d+/.exec(getComputedStyle(document.documentElement).backgroundColor)[0]) < 128');
  expect(await dark()).toBe(true);
  await page.getByRole('button', { name: 'Colours: Auto' }).click();
  await expect(page.getByRole('button', { name: 'Colours: Light' })).toAppear();
  expect(await dark()).toBe(false);
  await page.reload();
  await expect(desk.line('live')).toAppear();
  expect(await dark()).toBe(false);
  await page.getByRole('button', { name: 'Colours: Light' }).click();
  expect(await dark()).toBe(true);
});

const VIEWS = [
  '',
  'tasks',
  'repos',
  'workers',
  'label?kind=agent&value=skeptic',
  'search?q=skeptic',
  'alerts',
  'history',
] as const;

/** Addresses of every view, with something in each. */
async function everyView(): Promise<string[]> {
  const { id } = await api.pause('agent', 'skeptic', { reason: 'to be looked at', ttl_seconds: 1_800 });
  const [task] = await fleet.add({
    agent_id: 'skeptic',
    skill: 'debate',
    quest_id: 'q-7',
    actor_id: 'acct-4471',
    repo: 'acme/site',
  });
  await api.post('/api/senate/alerts', { kind: 'loop', ref_id: 'acct-4471', severity: 'critical' });
  return [...VIEWS, `pauses/${id}`, `tasks/${task}`, 'tasks?status=cancelled'];
}

test('a viewer sees every view, and nothing that a viewer may not do', async () => {
  const views = await everyView();
  await open({ token: await newToken(db.pool, 'viewer', 'visitor') });
  const { page } = desk;
  for (const view of views) {
    await desk.visit(view);
    await desk.settled();
    expect([
      view,
      await page.getByRole('button', { name: /^(Pause|Clear|Extend|Park|Unpark|Answer|Acknowledge|Resume)/ }).count(),
    ]).toEqual([view, 0]);
    await page.keyboard.press('p');
    expect([view, await page.getByRole('dialog').count()]).toEqual([view, 0]);
  }
});

test.each(['light', 'dark'] as const)('axe-core finds nothing serious in any view, %s', async (colorScheme) => {
  const views = await everyView();
  await open({ colorScheme });
  for (const view of views) {
    await desk.visit(view);
    await desk.settled();
    // How things are called and nested does not depend on the colours.
    expect([view, await desk.seriousFindings(colorScheme === 'dark' ? ['color-contrast'] : undefined)]).toEqual([
      view,
      [],
    ]);
    await desk.picture(`${colorScheme}-${view.replaceAll(/[\W\d]+/g, '-') || 'now'}`);
  }
  await desk.page.keyboard.press('p');
  await expect(desk.page.getByRole('dialog')).toAppear();
  expect(await desk.seriousFindings()).toEqual([]);
  await desk.page.keyboard.press('Escape');
  await desk.page.getByRole('button', { name: 'Sign out' }).click();
  await expect(desk.page.getByLabel('Token')).toAppear();
  expect(await desk.seriousFindings()).toEqual([]);
});

test('on a telephone no view has anything to scroll sideways, with the longest names too', async () => {
  const long = 'a'.repeat(200);
  await api.pause('actor', long, { reason: 'w'.repeat(400) });
  await fleet.add({
    actor_id: long,
    agent_id: long,
    skill: long,
    quest_id: long,
    repo: long,
    payload: { word: 'w'.repeat(500) },
  });
  await api.post('/api/senate/alerts', {
    kind: long,
    ref_id: long,
    severity: 'critical',
    details: { word: 'w'.repeat(100) },
  });
  const views = await everyView();
  await open({ viewport: { width: 360, height: 720 }, hasTouch: true });
  for (const view of views) {
    await desk.visit(view);
    await desk.settled();
    expect([view, await desk.sidewaysPx()]).toEqual([view, 0]);
    await desk.picture(`phone-${view.replaceAll(/[\W\d]+/g, '-') || 'now'}`);
  }
  await desk.page.goto(served.url);
  await expect(desk.line('live')).toAppear();
  await pauseButton('Pause…').click();
  await desk.page.getByLabel('Id').fill(long);
  expect(await desk.sidewaysPx()).toBe(0);
  await desk.picture('phone-dialog');
});
