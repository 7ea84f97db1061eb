import { claimTasks, enqueueTasks, failRun, recordWorkerPolls } from '@orchestra/task-queue';
import { newTask, type NewTask } from '@orchestra/task-queue/contract';
import { testDatabase, until } from '@orchestra/testkit';
import { beforeEach, expect, test } from 'vitest';
import { servedPage } from './served-page.ts';
import { caller, newToken, type Caller } from './started.ts';

// The places of the page beside pauses and tasks: repos, workers, labels, the search, and what is nowhere.

const db = testDatabase();
const served = servedPage(db);
let api: Caller;

beforeEach(async () => {
  api = caller(served.url, served.token);
  await db.pool.query('truncate tasks, task_event_rows, event_batches, worker_sightings');
});

const add = (...tasks: NewTask[]): Promise<string[]> =>
  enqueueTasks(
    db.pool,
    tasks.map((task) => newTask.parse(task)),
    'dana',
  );
async function claim(): Promise<{ id: string; run_id: string }> {
  const [run] = await claimTasks(db.pool, { worker: 'w-1', host: 'node-7', pid: 4711, limit: 1 });
  if (run === undefined) throw new Error('there is nothing to claim');
  return run;
}
const lastEntry = async (action: string) =>
  (
    await db.pool.query('select by, why, subject_id from senate_audit where action = $1 order by id desc limit 1', [
      action,
    ])
  ).rows[0];

test('a repo shows who works in it, who is first in line and which pause blocks that one; it is frozen, thawed and limited there', async () => {
  await add({ repo: 'acme/shop', skill: 'build' });
  const run = await claim();
  const [waits = ''] = await add({ repo: 'acme/shop', agent_id: 'skeptic' }, { repo: 'acme/books' });
  const { id: pause } = await api.pause('agent', 'skeptic', { reason: 'loops' });
  const desk = await served.open();
  const { page } = desk;
  await page.keyboard.press('g');
  await page.keyboard.press('r');
  const shop = desk.row('acme/shop');
  await expect(shop.getByText('1 of 1')).toAppear();
  await expect(shop.getByRole('link', { name: run.id, exact: true })).toAppear();
  await expect(shop.getByRole('link', { name: waits, exact: true })).toAppear();
  await expect(shop.getByRole('link', { name: `pause ${pause}` })).toAppear();
  await desk.picture('repos');

  await shop.getByRole('link', { name: 'acme/shop' }).focus();
  await page.keyboard.press('f');
  await page.getByLabel('Reason').fill('main is broken');
  await page.getByRole('button', { name: 'Freeze it' }).click();
  await expect(shop.getByText('frozen', { exact: true })).toAppear();
  expect(await lastEntry('repo.frozen')).toMatchObject({ by: 'dana', subject_id: 'acme/shop' });
  await page.getByRole('button', { name: 'Thaw acme/shop' }).click();
  await expect(page.getByRole('button', { name: 'Freeze acme/shop' })).toAppear();
  expect(await lastEntry('repo.thawed')).toMatchObject({ by: 'dana', subject_id: 'acme/shop' });
  await page.getByRole('button', { name: 'Limit acme/shop' }).click();
  await page.getByLabel('At a time').fill('3');
  await page.getByRole('button', { name: 'Set the limit' }).click();
  await expect(shop.getByText('1 of 3')).toAppear();
  expect(await lastEntry('repo.limited')).toMatchObject({ by: 'dana', subject_id: 'acme/shop' });

  // One that no task has named may be a slip of the pen.
  await page.getByRole('button', { name: 'Freeze a repo…' }).click();
  await page.getByRole('dialog').getByLabel('Repo').fill('acme/shopp');
  await page.getByLabel('Reason').fill('a slip');
  await page.getByRole('button', { name: 'Freeze it' }).click();
  await expect(page.getByRole('alert').getByText(/acme\/shopp/)).toAppear();
  await page.getByLabel('also if no task has named it yet').check();
  await page.getByRole('button', { name: 'Freeze it' }).click();
  await expect(desk.row('acme/shopp').getByText('a slip')).toAppear();
  await page.getByLabel('repo', { exact: true }).fill('books');
  await expect(desk.row('acme/shopp')).toVanish();
  await expect(desk.row('acme/books')).toAppear();
  expect(await desk.seriousFindings()).toEqual([]);

  const visitor = await served.open({ token: await newToken(db.pool, 'viewer', 'looks') });
  await visitor.visit('repos');
  await expect(visitor.row('acme/books')).toAppear();
  expect(await visitor.page.getByRole('button', { name: /^(Freeze|Thaw|Limit)/ }).count()).toBe(0);
});

test('workers show what they ask for, what they run and when they last reported; their labels lead to pages of their own', async () => {
  await add({ agent_id: 'skeptic', skill: 'debate' }, { agent_id: 'skeptic', skill: 'debate', quest_id: 'q-7' });
  const run = await claim();
  await failRun(db.pool, run.id, run.run_id, { error: 'the vendor answered 503', retry: false });
  const second = await claim();
  await recordWorkerPolls(db.pool, [
    { worker: 'w-1', wants: 'a', host: 'node-7', agents: ['skeptic', 'scribe'], skills: null, agoSeconds: 20 },
    { worker: 'w-2', wants: 'b', host: 'node-8', agents: null, skills: null, agoSeconds: 4_000 },
  ]);
  await db.pool.query(
    `insert into senate_alerts (kind, severity, details)
       values ('loop', 'high', jsonb_build_object('task_id', $1::text))`,
    [second.id],
  );
  await api.pause('agent', 'skeptic', { reason: 'an earlier one' });
  await api.post('/api/senate/unpause', { scope_kind: 'agent', scope_value: 'skeptic' });
  const { id: pause } = await api.pause('agent', 'skeptic', { reason: 'it loops', ttl_seconds: 1_800, then: 'stay' });
  const desk = await served.open();
  const { page } = desk;
  await page.keyboard.press('g');
  await page.keyboard.press('w');
  await expect(desk.row('w-2').getByText('any task')).toAppear();
  await expect(desk.row('w-2').getByText(/^1h 0\dm$/)).toAppear();
  await expect(desk.row('w-1').getByRole('link', { name: second.id, exact: true })).toAppear();
  await desk.picture('workers');
  await desk.row('w-1').getByRole('link', { name: 'scribe' }).click();
  await expect(desk.heading('scribe')).toAppear();
  await expect(page.getByText('It was never paused.')).toAppear();
  await page.goBack();
  await desk.row('w-1').getByRole('link', { name: 'skeptic' }).first().click();

  await expect(desk.heading(/skeptic.*paused/)).toAppear();
  await until('the title names it', async () => (await page.title()) === '1 paused · agent skeptic · Orchestra');
  const facts = page.locator('.facts');
  await expect(facts.getByText('1 run', { exact: true }).first()).toAppear();
  await expect(page.getByRole('region', { name: 'Pauses' }).getByText('it loops')).toAppear();
  await expect(page.getByRole('region', { name: 'Pauses' }).getByText('then stay')).toAppear();
  await expect(page.getByRole('region', { name: 'Pauses' }).getByText('an earlier one')).toAppear();
  await expect(page.getByRole('region', { name: 'Alerts of the last day' }).getByText('loop')).toAppear();
  await expect(desk.row(run.id).getByText('the vendor answered 503')).toAppear();
  await expect(page.locator('.chart canvas')).toAppear();
  await desk.picture('label');
  expect(await desk.seriousFindings()).toEqual([]);
  await page.getByRole('button', { name: `Extend pause ${pause}` }).click();
  await expect(page.getByRole('dialog', { name: 'Extend the pause of agent skeptic' })).toAppear();
  await page.keyboard.press('Escape');
  // A label that nothing ever carried may be a slip of the pen.
  await desk.visit('label?kind=agent&value=sceptic');
  await expect(
    page.getByText(/No task, run, worker or earlier pause has ever carried this agent\. Near it: skeptic/),
  ).toAppear();
});

test('the search finds by id and by text from every view, and an address that names nothing says so', async () => {
  const [id = ''] = await add({ agent_id: 'cartographer', payload: { brief: 'Mend the checkout' } });
  const { id: pause } = await api.pause('quest', 'q-7', { reason: 'the checkout loops' });
  const desk = await served.open();
  const { page } = desk;
  await page.keyboard.press('s');
  await page.keyboard.type('checkout');
  await page.keyboard.press('Enter');
  await expect(
    page.getByRole('region', { name: 'Tasks whose payload holds it' }).getByRole('link', { name: id, exact: true }),
  ).toAppear();
  await expect(
    page.getByRole('region', { name: 'Pauses' }).getByRole('link', { name: `Pause ${pause} of quest q-7` }),
  ).toAppear();
  await desk.picture('search');
  expect(await desk.seriousFindings()).toEqual([]);
  const field = page.getByRole('searchbox', { name: 'Search' });
  await field.fill(id);
  await field.press('Enter');
  await page.getByRole('region', { name: 'By its id' }).getByRole('link', { name: id, exact: true }).click();
  await until('the title names the task', async () => (await page.title()) === `1 paused · Task ${id} · Orchestra`);
  await field.fill('cartog');
  await field.press('Enter');
  await page.getByRole('link', { name: 'agent cartographer' }).first().click();
  await expect(desk.heading('cartographer')).toAppear();

  const answer = await page.goto(`${served.url}/nowhere/at/all`);
  expect(answer?.status()).toBe(404);
  await expect(desk.heading('There is nothing here')).toAppear();
  await until('the title says so', async () => (await page.title()) === '1 paused · Not found · Orchestra');
  await desk.picture('nowhere');
  for (const [path, title] of [
    ['tasks/999999', 'There is no task 999999'],
    ['pauses/999999', 'There is no pause 999999'],
  ] as const) {
    await desk.visit(path);
    await expect(desk.heading(title)).toAppear();
    await until('the title says so', async () => (await page.title()).includes('999999: not found'));
  }
  // A program gets the refusal that it gets everywhere.
  expect(await (await fetch(`${served.url}/nowhere`)).json()).toMatchObject({ code: 'not_found' });
  expect(
    (await fetch(`${served.url}/api/nowhere`, { headers: { accept: 'text/html' } })).headers.get('content-type'),
  ).toContain('json');
});

test('times are told with their zone, in local time or UTC as chosen, and the chart looks back further', async () => {
  await db.pool.query(
    `insert into queue_minutes select m, 6, 4, 2, 0
       from generate_series(date_trunc('minute', now() - interval '5 hours'), now() - interval '2 minutes',
                            '1 minute') m on conflict do nothing`,
  );
  const { id } = await api.pause('agent', 'skeptic', { reason: 'to be dated' });
  const desk = await served.open({ timezoneId: 'Asia/Kolkata' });
  const { page } = desk;
  const since = page.locator('table.pauses .exact').first();
  await until('the zone of the reader is told', async () => /GMT\+5:30|IST/.test(await since.innerText()));
  const local = await since.innerText();
  await page.keyboard.press('u');
  await until('the same in UTC', async () => /UTC/.test(await since.innerText()));
  expect((await since.innerText()).replace('UTC', '')).not.toBe(local.replace(/GMT\+5:30|IST/, ''));
  await page.reload(); // the browser keeps it
  await expect(page.getByRole('button', { name: 'Times: UTC' })).toAppear();
  await expect(since.getByText('UTC')).toAppear();
  await page.getByRole('navigation', { name: 'Range of the chart' }).getByRole('link', { name: '6 h' }).click();
  await expect(
    page.getByRole('img', { name: 'Claimed, finished and failed per minute over the last six hours' }),
  ).toAppear();
  expect(new URL(page.url()).search).toBe('?range=6h');
  await desk.picture('now-six-hours');
  await page.getByRole('navigation', { name: 'Range of the chart' }).getByRole('link', { name: '7 d' }).click();
  await expect(
    page.getByRole('img', { name: 'Claimed, finished and failed per minute over the last seven days' }),
  ).toAppear();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' }).getByText('times in UTC, or in local time')).toAppear();
  await page.keyboard.press('Escape');
  await api.post('/api/senate/unpause', { id });
});

test('twelve active pauses, the queue and its chart fit on the first screen of 1440 by 900', async () => {
  await add(...Array.from({ length: 30 }, (_, index) => ({ agent_id: `agent-${index % 12}` })));
  for (let index = 0; index < 12; index += 1)
    await api.pause('agent', `agent-${index}`, {
      reason: 'runaway loop: answers itself since the 02:40 deploy',
      ttl_seconds: 1_800,
      then: index % 2 === 0 ? 'stay' : 'resume',
    });
  const desk = await served.open({ viewport: { width: 1_440, height: 900 } });
  await expect(desk.page.locator('.chart canvas')).toAppear();
  await until('all twelve are there', async () => (await desk.page.locator('table.pauses tbody tr').count()) === 12);
  await desk.settled();
  await desk.picture('twelve-pauses');
  // Where the brake proves itself by a timer, there is one more line above.
  expect(
    await desk.page.evaluate<number>("document.querySelector('.queue-strip').getBoundingClientRect().bottom"),
  ).toBeLessThanOrEqual(900 - 24);
});

test('a pause is verified on its page, says after a reload that it has settled, and is triaged group by group before it ends', async () => {
  const [old = '', young = '', fresh = ''] = await add({ skill: 'debate' }, { skill: 'debate' }, { skill: 'debate' });
  await db.pool.query("update tasks set created_at = now() - interval '3 days' where id = $1", [old]);
  await db.pool.query("update tasks set created_at = now() - interval '2 hours' where id = $1", [young]);
  const ines = caller(served.url, await newToken(db.pool, 'operator', 'ines'));
  const { id } = await ines.pause('skill', 'debate', { reason: 'made by another' });
  const desk = await served.open();
  const { page } = desk;
  await desk.visit(`pauses/${id}`);
  await expect(page.getByText('Settled', { exact: true })).toAppear();
  await page.keyboard.press('v');
  await expect(page.getByRole('dialog').getByText('Nothing is known to have started under this pause.')).toAppear();
  await page.getByRole('button', { name: 'Close' }).click();
  await page.keyboard.press('t');
  const dialog = page.getByRole('dialog', { name: 'Triage what skill debate holds' });
  await dialog.getByLabel('What to do with added 1 to 7 days ago').selectOption('cancel');
  await dialog.getByLabel('What to do with added 1 to 6 hours ago').selectOption('park');
  await expect(dialog.getByText('1 task cancelled, 1 task parked; 1 task to run.')).toAppear();
  await dialog.getByLabel('Why').fill('too late for these');
  await desk.picture('triage');
  expect(await desk.seriousFindings()).toEqual([]);
  await dialog.getByRole('button', { name: 'Do this and clear the pause' }).click();
  await expect(page.getByText(`Pause ${id}, ended`)).toAppear();
  const { rows } = await db.pool.query(
    'select id::text, status, paused_at is not null as parked from tasks order by id',
  );
  expect(rows).toEqual([
    { id: old, status: 'cancelled', parked: false },
    { id: young, status: 'queued', parked: true },
    { id: fresh, status: 'queued', parked: false },
  ]);
});
