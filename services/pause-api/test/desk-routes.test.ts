import type { RunningService } from '@orchestra/service-shell';
import {
  newTask,
  queueView,
  repoGateView,
  taskEvents,
  taskOutput,
  tasks,
  taskView,
  taskWhy,
  type NewTask,
} from '@orchestra/task-queue/contract';
import { askQuestion, claimTasks, enqueueTasks, holdRun } from '@orchestra/task-queue';
import { testDatabase } from '@orchestra/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { caller, newToken, problemOf, startPauseApi, type Caller } from './started.ts';

// What pause-api serves about tasks, as worker-claimer does: the page talks to this origin alone.

const database = testDatabase();
let service: RunningService;
let viewer: Caller;
let operator: Caller;

beforeAll(async () => {
  service = await startPauseApi(database.url, { queue: { gatedRepos: ['website'], leaseSeconds: 33 } });
  viewer = caller(service.url, await newToken(database.pool, 'viewer'));
  operator = caller(service.url, await newToken(database.pool, 'operator'));
});
afterAll(() => service.stop());
beforeEach(() => database.pool.query('truncate tasks, task_event_rows, event_batches'));

const add = async (task: NewTask = {}): Promise<string> => {
  const [id = ''] = await enqueueTasks(database.pool, [newTask.parse(task)], 'test');
  return id;
};
const claim = async () => {
  const [run] = await claimTasks(database.pool, { worker: 'w-1', limit: 1 });
  if (run === undefined) throw new Error('there is nothing to claim');
  return run;
};

test('tasks, one task, its events, its output and the queue are read here as well', async () => {
  const id = await add({ agent_id: 'reader' });
  expect(tasks.parse((await viewer.get('/api/tasks?agent_id=reader')).body).tasks.map((task) => task.id)).toEqual([id]);
  expect(taskView.parse((await viewer.get(`/api/tasks/${id}`)).body)).toMatchObject({ id, status: 'queued' });
  expect(
    taskEvents.parse((await viewer.get(`/api/tasks/${id}/events`)).body).events.map((event) => event.kind),
  ).toEqual(['queued']);
  expect(taskOutput.parse((await viewer.get(`/api/tasks/${id}/output`)).body)).toMatchObject({ task_id: id, tail: '' });
  // By the settings that worker-claimer has: they must agree.
  expect(queueView.parse((await viewer.get('/api/queue')).body)).toMatchObject({
    counts: { queued: 1 },
    reaper: { lease_seconds: 33 },
    serial_gate: { only_repos: ['website'] },
  });
  for (const path of ['', '/events', '/output', '/why'])
    expect(problemOf(await viewer.get(`/api/tasks/999999${path}`)).code).toBe('task_not_found');
});

test('why a task waits is told by the pause that was made here, and by the repos that are gated', async () => {
  const id = await add({ agent_id: 'skeptic', repo: 'website' });
  const behind = await add({ repo: 'website' });
  const ungated = [await add({ repo: 'docs' }), await add({ repo: 'docs' })];
  const pause = await operator.pause('agent', 'skeptic', { ttl_seconds: 600 });
  const why = async (taskId: string) => taskWhy.parse((await viewer.get(`/api/tasks/${taskId}/why`)).body);
  expect((await why(id)).holds).toMatchObject([
    { kind: 'pause', pause_id: pause.id, until: pause.expires_at },
    { kind: 'no_worker' },
  ]);
  expect((await why(behind)).holds).toMatchObject([
    { kind: 'serial_gate', repo: 'website', position: 2, task_id: id },
    { kind: 'no_worker' },
  ]);
  for (const task of ungated) expect((await why(task)).holds.map((hold) => hold.kind)).toEqual(['no_worker']);
  expect(tasks.parse((await viewer.get(`/api/tasks?held_by=${pause.id}`)).body).tasks.map((task) => task.id)).toEqual([
    id,
  ]);
  await operator.post('/api/senate/unpause', { id: pause.id });
});

test('an operator parks, unparks, answers, lets go on, freezes, thaws and limits from here', async () => {
  const id = await add({ repo: 'website' });
  expect(
    taskView.parse((await operator.post('/api/serial-gate/pause', { task_id: id, reason: 'waits' })).body),
  ).toMatchObject({ pause_reason: 'waits' });
  expect(taskView.parse((await operator.post('/api/serial-gate/resume', { task_id: id })).body)).toMatchObject({
    paused_at: null,
  });
  await askQuestion(database.pool, id, (await claim()).run_id, 'Which branch?');
  expect(taskView.parse((await operator.post(`/api/tasks/${id}/answer`, { answer: 'main' })).body)).toMatchObject({
    status: 'queued',
    answer: 'main',
    paused_at: null,
  });
  await holdRun(database.pool, id, (await claim()).run_id, { says: 'no space left', fix: 'empty /tmp' });
  expect(
    taskView.parse((await operator.post(`/api/tasks/${id}/resume-held`, { reason: 'emptied' })).body),
  ).toMatchObject({ status: 'queued', held_at: null });
  expect(
    problemOf(await operator.post('/api/serial-gate/freeze', { repo: 'webiste', reason: 'main is broken' })),
  ).toMatchObject({ status: 404, code: 'repo_not_found' });
  expect(
    repoGateView.parse(
      (await operator.post('/api/serial-gate/freeze', { repo: 'website', reason: 'main is broken', new: true })).body,
    ),
  ).toMatchObject({ gated: true, frozen: { reason: 'main is broken' } });
  expect(repoGateView.parse((await operator.post('/api/serial-gate/thaw', { repo: 'website' })).body)).toMatchObject({
    frozen: null,
  });
  expect(
    repoGateView.parse((await operator.post('/api/serial-gate/limit', { repo: 'website', max_in_progress: 2 })).body),
  ).toMatchObject({ max_in_progress: 2 });
  expect(problemOf(await viewer.post('/api/serial-gate/pause', { task_id: id, reason: 'x' })).code).toBe('forbidden');
});

test('what the owner of a run does is not served here', async () => {
  const id = await add();
  const worker = caller(service.url, await newToken(database.pool, 'worker'));
  expect(problemOf(await worker.post('/api/tasks', { tasks: [{}] })).code).toBe('method_not_allowed');
  expect(problemOf(await worker.post('/api/tasks/claim', { worker: 'w' })).code).toBe('method_not_allowed');
  expect(
    problemOf(await worker.post(`/api/tasks/${id}/complete`, { run_id: '00000000-0000-4000-8000-000000000000' })).code,
  ).toBe('not_found');
});
