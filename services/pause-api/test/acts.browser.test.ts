import { claimTasks, endStoppedRun, enqueueTasks, failRun, findTask, heartbeat } from '@orchestra/task-queue';
import { newTask, type NewTask } from '@orchestra/task-queue/contract';
import { testDatabase, until } from '@orchestra/testkit';
import { beforeEach, expect, test } from 'vitest';
import { servedPage } from './served-page.ts';
import { newToken } from './started.ts';

const db = testDatabase();
const served = servedPage(db);

beforeEach(() => db.pool.query('truncate tasks, task_event_rows, event_batches, run_stops'));

const add = (...tasks: NewTask[]): Promise<string[]> =>
  enqueueTasks(
    db.pool,
    tasks.map((task) => newTask.parse(task)),
    'dana',
  );
async function begin(task: NewTask): Promise<{ id: string; run_id: string }> {
  await add(task);
  const [run] = await claimTasks(db.pool, { worker: 'w-1', host: 'node-7', pid: 4711, limit: 1 });
  if (run === undefined) throw new Error('there is nothing to claim');
  return run;
}

test('a failed task says why, when and how long where it is listed and on its page, and is retried by one button', async () => {
  const run = await begin({ skill: 'build' });
  await failRun(db.pool, run.id, run.run_id, { error: 'the vendor answered <b>503</b>\nat line 12', retry: false });
  const desk = await served.open();
  await desk.visit('tasks?status=failed');
  await expect(desk.row(run.id).getByText('the vendor answered <b>503</b>')).toAppear();
  expect(await desk.row(run.id).getByText('at line 12').count()).toBe(0);
  await desk.picture('tasks-failed');
  await desk.visit(`tasks/${run.id}`);
  const why = desk.page.getByRole('region', { name: 'Why it failed' });
  await expect(why.getByText('at line 12')).toAppear();
  await expect(
    desk.page
      .locator('.facts div')
      .filter({ hasText: 'Last run' })
      .getByText(/failed after \d+s at attempt 1 by w-1/),
  ).toAppear();
  await desk.page.getByRole('button', { name: 'Retry' }).click();
  await expect(desk.page.locator('h1 .badge').getByText('queued')).toAppear();
  expect(await findTask(db.pool, run.id)).toMatchObject({ status: 'queued', attempt: 0 });
});

test('rows are selected and cancelled, moved and retried together; what was passed over says why', async () => {
  const running = await begin({ quest_id: 'q-7' });
  const [one = '', two = ''] = await add({ quest_id: 'q-7' }, { quest_id: 'q-7' });
  const desk = await served.open();
  // Ids are short here, and stand in other cells too.
  const row = (id: string) =>
    desk.page.locator('tbody tr').filter({ has: desk.page.getByRole('link', { name: id, exact: true }) });
  await desk.visit('tasks?quest_id=q-7');
  await desk.page.getByLabel('Select all of this page').check();
  const bar = desk.page.getByRole('toolbar', { name: 'Selected tasks' });
  await expect(bar.getByText('3 tasks selected')).toAppear();
  await desk.picture('tasks-selected');
  await bar.getByRole('button', { name: 'Cancel…' }).click();
  const dialog = desk.page.getByRole('dialog');
  await dialog.getByLabel('Reason (for the history)').fill('wrong brief');
  await dialog.getByRole('button', { name: 'Cancel them' }).click();
  await expect(dialog.getByText('2 tasks changed. The others were passed over:')).toAppear();
  await expect(dialog.getByText(`task ${running.id} is running`)).toAppear();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(row(one).getByText('cancelled')).toAppear();
  expect(
    (await db.pool.query("select by, why from senate_audit where action = 'task.cancelled' order by id desc limit 1"))
      .rows,
  ).toEqual([{ by: 'dana', why: 'wrong brief' }]);

  await desk.page.getByLabel(`Select task ${two}`).check();
  await bar.getByRole('button', { name: 'Retry…' }).click();
  await dialog.getByRole('button', { name: 'Retry it' }).click();
  await expect(row(two).getByText('queued')).toAppear();
  await desk.page.getByLabel(`Select task ${two}`).check();
  await bar.getByRole('button', { name: 'Move…' }).click();
  await dialog.getByLabel('Priority').fill('-12');
  await dialog.getByRole('button', { name: 'Move it' }).click();
  await expect(row(two).getByText('-12')).toAppear();
  expect(await desk.seriousFindings()).toEqual([]);
});

test('a run is stopped on its page, which tells whether its worker knows and has obeyed', async () => {
  const run = await begin({ skill: 'burn' });
  const desk = await served.open();
  await desk.visit(`tasks/${run.id}`);
  await desk.page.getByRole('button', { name: 'Stop…' }).click();
  const dialog = desk.page.getByRole('dialog', { name: `Stop task ${run.id}` });
  const submit = dialog.getByRole('button', { name: 'Stop it' });
  expect(await submit.isDisabled()).toBe(true); // the reason has to be said
  await dialog.getByLabel('Reason').fill('it burns money');
  await dialog.getByLabel('are cancelled').check();
  await submit.click();
  await expect(dialog.getByText('worker w-1 on node-7, process 4711, does not know yet')).toAppear();
  await desk.picture('task-stop');
  expect(await heartbeat(db.pool, run.id, run.run_id)).toMatchObject({ reason: 'it burns money', by: 'dana' });
  await expect(dialog.getByText('knows, and has not ended it yet')).toAppear();
  await endStoppedRun(db.pool, run.id, run.run_id);
  await expect(dialog.getByText('1 run to stop: 1 told, 1 ended by their workers.')).toAppear();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(desk.page.locator('h1 .badge').getByText('cancelled')).toAppear();
});

test('the pause dialog offers to stop what runs, and the page of the pause tells what came of it', async () => {
  const run = await begin({ agent_id: 'burner' });
  const desk = await served.open();
  await desk.visit('tasks');
  await desk.page.keyboard.press('p');
  const dialog = desk.page.getByRole('dialog', { name: 'Pause' });
  await dialog.getByLabel('Id').fill('burner');
  await dialog.getByLabel('Reason').fill('it burns money');
  await dialog.getByRole('radio', { name: 'until cleared' }).check();
  await dialog.getByLabel(/Also stop what runs/).check();
  const typed = dialog.locator('input[name="typed"]');
  if ((await typed.count()) > 0) await typed.fill('burner');
  await desk.picture('pause-and-stop');
  await dialog.getByRole('button', { name: 'Pause agent burner' }).click();
  const stopping = desk.page.getByRole('status', { name: 'Stopping' });
  await expect(stopping.getByText('does not know yet')).toAppear();
  await until('its worker is told', async () => (await heartbeat(db.pool, run.id, run.run_id)) !== undefined);
  await endStoppedRun(db.pool, run.id, run.run_id);
  await expect(stopping.getByText('1 run to stop: 1 told, 1 ended by their workers.')).toAppear();
  expect(await findTask(db.pool, run.id)).toMatchObject({ status: 'queued', attempt: 0 });
});

test('a viewer is offered none of it', async () => {
  const [id = ''] = await add({});
  const desk = await served.open({ token: await newToken(db.pool, 'viewer') });
  await desk.visit('tasks');
  await expect(desk.row(id).getByText('queued')).toAppear();
  expect(await desk.page.getByRole('checkbox').count()).toBe(0);
});
