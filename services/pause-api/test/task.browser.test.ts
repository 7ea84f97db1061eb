import { testDatabase, until } from '@orchestra/testkit';
import {
  askQuestion,
  claimTasks,
  completeRun,
  enqueueTasks,
  findTask,
  findTaskOutput,
  heartbeat,
  holdRun,
} from '@orchestra/task-queue';
import { newTask, type ClaimedTask, type NewTask } from '@orchestra/task-queue/contract';
import type { Locator } from 'playwright-core';
import { beforeEach, expect, test } from 'vitest';
import type { Desk } from './desk.ts';
import { servedPage } from './served-page.ts';
import { newToken } from './started.ts';

const EVIDENCE = {
  row: 'disk',
  says: 'no space left',
  fix: null,
  command: ['make'],
  exit_code: 1,
  signal: null,
  duration_ms: 900,
  lines: ['write: <b>ENOSPC</b>'],
};

const db = testDatabase();
const served = servedPage(db);
let desk: Desk;

beforeEach(() => db.pool.query('truncate tasks, task_event_rows, event_batches, task_output'));

/** The next task as a worker is given it. */
async function claim(): Promise<ClaimedTask> {
  const [task] = await claimTasks(db.pool, { worker: 'w-1', limit: 1 });
  if (task === undefined) throw new Error('there is nothing to claim');
  return task;
}

async function begin(task: NewTask): Promise<ClaimedTask> {
  await enqueueTasks(db.pool, [newTask.parse(task)], 'dana');
  return claim();
}

async function openTask(id: string, token = served.token): Promise<void> {
  desk = await served.open({ token });
  await desk.visit(`tasks/${id}`);
}

const button = (name: string): Locator => desk.page.getByRole('button', { name });
const region = (name: string): Locator => desk.page.getByRole('region', { name });
const status = (): Locator => desk.page.locator('h1 .badge');
const event = (kind: string): Locator =>
  desk.page.getByRole('list', { name: 'Events' }).getByRole('listitem').filter({ hasText: kind });

test('a held task says what to repair, goes on when it is told what was repaired, and runs again', async () => {
  const run = await begin({ skill: 'build' });
  await holdRun(db.pool, run.id, run.run_id, {
    says: 'no space left on the disk',
    fix: 'empty /var/tmp',
    evidence: EVIDENCE,
  });
  await openTask(run.id);
  await expect(status().getByText('held')).toAppear();
  const held = region('Why it is held');
  await expect(held.getByText('no space left on the disk')).toAppear();
  await expect(held.getByText('empty /var/tmp')).toAppear();
  await expect(held.getByText('write: <b>ENOSPC</b>')).toAppear();

  await button('Resume…').click();
  const dialog = desk.page.getByRole('dialog', { name: `Let task ${run.id} go on` });
  const submit = dialog.getByRole('button', { name: 'Resume' });
  expect(await submit.isDisabled()).toBe(true); // what was repaired has to be said
  await dialog.getByLabel('What was repaired').fill('  emptied it, and made it larger ');
  await desk.picture('task-go-on');
  await submit.click();
  await expect(dialog).toVanish();
  await expect(status().getByText('queued')).toAppear();
  await expect(held).toVanish();
  await expect(button('Resume…')).toVanish();
  await expect(event('resumed').getByText('dana')).toAppear();
  await expect(event('resumed').getByText('why: emptied it, and made it larger')).toAppear();

  expect(await claim()).toMatchObject({ id: run.id, attempt: 1 }); // none was used up
  await expect(status().getByText('running')).toAppear();
});

test('a task that was let go on by somebody else meanwhile says so in words', async () => {
  const run = await begin({ skill: 'build' });
  await holdRun(db.pool, run.id, run.run_id, { says: 'no space left on the disk' });
  await openTask(run.id);
  await button('Resume…').click();
  const dialog = desk.page.getByRole('dialog');
  await dialog.getByLabel('What was repaired').fill('emptied it');
  await db.pool.query("update tasks set status = 'queued' where id = $1", [run.id]);
  await dialog.getByRole('button', { name: 'Resume' }).click();
  await expect(dialog.getByRole('alert').getByText(new RegExp(`task ${run.id} is queued, not held`, 'i'))).toAppear();
});

test('a question is answered where it is asked, and the next run is given the answer', async () => {
  const run = await begin({ skill: 'deploy' });
  await askQuestion(db.pool, run.id, run.run_id, 'Which branch?\nmain or <i>next</i>');
  await openTask(run.id);
  const question = region('Its question');
  await expect(question.getByText('It asks')).toAppear();
  await expect(question.getByText('main or <i>next</i>')).toAppear();
  await expect(status().getByText('parked')).toAppear();

  await button('Answer…').click();
  const dialog = desk.page.getByRole('dialog', { name: `Answer task ${run.id}` });
  await expect(dialog.getByText('main or <i>next</i>')).toAppear();
  const submit = dialog.getByRole('button', { name: 'Answer', exact: true });
  expect(await submit.isDisabled()).toBe(true);
  await dialog.getByLabel('Answer').fill('next,\nand not main');
  await desk.picture('task-answer');
  await submit.click();
  await expect(dialog).toVanish();
  await expect(question.getByText('It asked')).toAppear();
  await expect(question.getByText('Answered by dana')).toAppear();
  await expect(question.getByText('and not main')).toAppear();
  await expect(status().getByText('parked')).toVanish();
  await expect(button('Answer…')).toVanish();
  await expect(event('answered').getByText('dana')).toAppear();

  expect(await findTask(db.pool, run.id)).toMatchObject({ answer: 'next,\nand not main', answered_by: 'dana' });
  expect(await claim()).toMatchObject({
    id: run.id,
    questions: 'Which branch?\nmain or <i>next</i>',
    answer: 'next,\nand not main',
  });
});

test('what a run prints is shown while it runs, also where nothing else happens, and what it left when it is done', async () => {
  const run = await begin({ skill: 'build' });
  const print = (text: string): Promise<unknown> =>
    until('the output is kept, which it is once a second', async () => {
      await heartbeat(db.pool, run.id, run.run_id, text);
      return (await findTaskOutput(db.pool, run.id)).tail === text;
    });
  await openTask(run.id);
  await expect(desk.page.getByText('No run has left anything yet.')).toAppear();
  const printed = region('What it has printed');
  expect(await printed.count()).toBe(0);
  for (const text of [
    'compiling 1 of 3',
    'compiling 2 of 3\n\u001B[31mred\u202E',
    'compiling 3 of 3 <script>alert(1)</script>',
  ]) {
    await print(text);
    await expect(printed.getByText(text.slice(0, 16))).toAppear();
  }
  await expect(printed.getByText('<script>alert(1)</script>')).toAppear();
  await desk.picture('task-output');

  await completeRun(db.pool, run.id, run.run_id, { binary: 'a.out', lines: ['one', 'two'] });
  await expect(status().getByText('succeeded')).toAppear();
  await expect(region('Output').getByText('"binary": "a.out"')).toAppear();
  await expect(printed.getByText('compiling 3 of 3')).toAppear();
  await desk.page.reload();
  await expect(printed.getByText('compiling 3 of 3')).toAppear();
});

test('of a run the last heartbeat is shown as it comes, also where nothing else happens', async () => {
  const run = await begin({ skill: 'build' });
  await openTask(run.id);
  const fact = desk.page.locator('.facts div').filter({ hasText: 'Last heartbeat' });
  await expect(fact.getByText(/^ \d+s ago$/)).toAppear();
  await db.pool.query("update tasks set heartbeat_at = now() - interval '7 minutes' where id = $1", [run.id]);
  await expect(fact.getByText(/^ 7m \d\ds ago$/)).toAppear();
  await heartbeat(db.pool, run.id, run.run_id);
  await expect(fact.getByText(/^ \d+s ago$/)).toAppear();
});

test('a viewer reads what holds a task, what it asks and what it has printed, and is offered nothing to do about it', async () => {
  const viewer = await newToken(db.pool, 'viewer');
  const held = await begin({ skill: 'build' });
  await heartbeat(db.pool, held.id, held.run_id, 'write failed');
  await holdRun(db.pool, held.id, held.run_id, { says: 'no space left on the disk' });
  const asking = await begin({ skill: 'deploy' });
  await askQuestion(db.pool, asking.id, asking.run_id, 'Which branch?');
  await openTask(held.id, viewer);
  await expect(region('Why it is held').getByText('no space left on the disk')).toAppear();
  await expect(region('What it has printed').getByText('write failed')).toAppear();
  await desk.settled();
  expect(await desk.page.locator('main').getByRole('button').allInnerTexts()).toEqual([]);
  await desk.visit(`tasks/${asking.id}`);
  await expect(region('Its question').getByText('Which branch?')).toAppear();
  await desk.settled();
  expect(await desk.page.locator('main').getByRole('button').allInnerTexts()).toEqual([]);
});
