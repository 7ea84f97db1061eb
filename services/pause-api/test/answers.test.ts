import type { RunningService } from '@orchestra/service-shell';
import {
  history,
  pausePage,
  verifyAnswer,
  type History,
  type PausePage,
  type VerifyAnswer,
} from '@orchestra/pause-core/contract';
import { claimTasks, completeRun, enqueueTasks } from '@orchestra/task-queue';
import { testDatabase } from '@orchestra/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { caller, newToken, problemOf, startPauseApi, type Caller } from './started.ts';

const database = testDatabase();
let service: RunningService;
let dana: Caller;
let viewer: Caller;

beforeAll(async () => {
  service = await startPauseApi(database.url);
  dana = caller(service.url, await newToken(database.pool, 'operator', 'dana'));
  viewer = caller(service.url, await newToken(database.pool, 'viewer', 'vera'));
});
afterAll(() => service.stop());

const task = { agent_id: 'skeptic', priority: 0, payload: {}, max_attempts: 3, max_crashes: 3 };

test('a viewer can follow a pause to its end: who ran when it took effect, how that ended, and that nothing started since', async () => {
  await enqueueTasks(database.pool, [task, task], 'test');
  const [run] = await claimTasks(database.pool, { worker: 'w1', limit: 1 });
  const { id } = await dana.pause('agent', 'skeptic', { reason: 'runaway loop' });
  expect(await claimTasks(database.pool, { worker: 'w2', limit: 5 })).toEqual([]);

  const page = await viewer.get<PausePage>(`/api/senate/pauses/${id}`);
  expect(pausePage.parse(page.body)).toMatchObject({
    in_flight_count: 1,
    held: { count: 1 },
    admitted_before: [{ run: { run_id: expect.any(String), worker: 'w1' }, ended_as: null }],
  });

  await completeRun(database.pool, run?.id ?? '', run?.run_id ?? '', null);
  expect((await viewer.get<PausePage>(`/api/senate/pauses/${id}`)).body).toMatchObject({
    in_flight_count: 0,
    admitted_before: [{ ended_as: 'completed' }],
  });
  const verdict = await viewer.get<VerifyAnswer>('/api/senate/verify');
  expect(verifyAnswer.parse(verdict.body)).toMatchObject({ claims_checked: 1, violations: [], complete: true });
});

test('the page of a pause that never was is not found, and an id that is none is refused', async () => {
  expect(problemOf(await viewer.get('/api/senate/pauses/999999'))).toMatchObject({
    status: 404,
    code: 'pause_not_found',
  });
  expect(problemOf(await viewer.get('/api/senate/pauses/nonsense'))).toMatchObject({
    status: 400,
    code: 'invalid_request',
  });
  expect(problemOf(await viewer.get('/api/senate/verify?since=yesterday'))).toMatchObject({
    status: 400,
    code: 'invalid_request',
  });
});

test('P12 the history answers who did what: by scope, by person, by what was done, page by page', async () => {
  const { id } = await dana.pause('quest', 'spring-clean', { reason: 'too noisy' });
  await dana.post('/api/senate/unpause', { id, reason: 'mended' });
  const read = async (query: string): Promise<History> =>
    history.parse((await viewer.get<History>(`/api/senate/history?${query}`)).body);
  expect((await read('scope_kind=quest&scope_value=spring-clean&by=dana')).entries).toMatchObject([
    { action: 'pause.cleared', by: 'dana', why: 'mended', subject_kind: 'pause', subject_id: id },
    { action: 'pause.created', by: 'dana', why: 'too noisy', scope_kind: 'quest', scope_value: 'spring-clean' },
  ]);
  const first = await read('scope_kind=quest&by=dana&limit=1');
  expect(first.entries).toMatchObject([{ action: 'pause.cleared' }]);
  expect((await read(`scope_kind=quest&by=dana&limit=1&cursor=${first.next_cursor}`)).entries).toMatchObject([
    { action: 'pause.created' },
  ]);
  expect((await read('scope_kind=quest&action=pause.created&by=dana')).entries).toHaveLength(1);
  expect((await read('by=nobody')).entries).toEqual([]);
  expect((await read(`until=${new Date(0).toISOString()}`)).entries).toEqual([]);
});
