import { testDatabase, until } from '@orchestra/testkit';
import type { ClaimAnswer, ClaimedTask, Ending, RunFinishResults } from '@orchestra/task-queue/contract';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { serve, type Served } from './serving.ts';

const db = testDatabase();
let service: Served;
const NEVER_MS = 600_000;

beforeAll(async () => {
  service = await serve(db, { lookEveryMs: NEVER_MS });
});
afterAll(() => service.stop());
afterEach(async () => {
  await until('nobody waits any more', async () => (await service.metric('orchestra_claim_waiters')) === 0);
  await db.pool.query('truncate tasks, task_event_rows, event_batches');
});

const completed = ({ id, run_id }: ClaimedTask, result?: unknown): Ending => ({
  as: 'completed',
  id,
  run_id,
  ...(result === undefined ? {} : { result }),
});
const claimWith = (ended: Ending[], more: object = {}, options: { key?: string; signal?: AbortSignal } = {}) =>
  service.post<ClaimAnswer>('/api/tasks/claim', { worker: 'w-1', limit: 1, ended, ...more }, options);

async function claimOne(): Promise<ClaimedTask> {
  const [task] = await service.claim({ limit: 1 });
  if (task === undefined) throw new Error('nothing was claimed');
  return task;
}

/** As somebody else's connection sees it: only what is committed. */
const statusOf = async (id: string): Promise<string | undefined> =>
  (await db.pool.query<{ status: string }>('select t.status from tasks t where t.id = $1', [id])).rows[0]?.status;

test('P10 many runs end in one call, and each has its own answer', async () => {
  await service.add({}, {}, {});
  const [one, two, three] = await service.claim();
  if (one === undefined || two === undefined || three === undefined) throw new Error('three tasks were added');
  const ended = [
    completed(one, 7),
    { as: 'failed', id: two.id, run_id: one.run_id, error: 'not mine' },
    { as: 'released', id: three.id, run_id: three.run_id, cause: 'shutdown' },
  ];
  const first = await service.post<RunFinishResults>('/api/tasks/finish', { ended });
  expect(first).toMatchObject({
    status: 200,
    body: {
      ended: [
        { outcome: 'accepted', status: 'succeeded' },
        { outcome: 'refused', status: null },
        { outcome: 'accepted', status: 'queued' },
      ],
    },
  });
  expect(await service.task(one.id)).toMatchObject({ status: 'succeeded', result: 7 });
  const again = await service.post<RunFinishResults>('/api/tasks/finish', { ended });
  expect(again.body.ended.map((answer) => answer.outcome)).toEqual(['repeated', 'refused', 'repeated']);
  expect(await service.metric('orchestra_runs_ended_total', 'completed')).toBeGreaterThan(0);
});

test.each([
  [{ ended: [] }, 'ended'],
  [{ ended: Array.from({ length: 101 }, () => ({ as: 'completed', id: '1', run_id: crypto.randomUUID() })) }, 'ended'],
  [{ ended: [{ as: 'completed', id: '1', run_id: 'x' }] }, 'run_id'],
  [{ ended: [{ as: 'vanished', id: '1', run_id: crypto.randomUUID() }] }, 'as'],
  [{ ended: [{ as: 'completed', id: '1', run_id: crypto.randomUUID(), result: 'a\0b' }] }, 'result'],
])('a list of endings that is no such thing is refused as a whole: %#', async (body, field) => {
  const answer = await service.post<{ code: string }>('/api/tasks/finish', body);
  expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  expect(JSON.stringify(answer.body)).toContain(field);
});

test('P10 a claim that brings endings writes them first: the next task of the same repo is free to start in that very call', async () => {
  const [, second] = await service.add({ repo: 'site' }, { repo: 'site' });
  const run = await claimOne();
  expect(await service.claim()).toEqual([]);
  const { body } = await claimWith([completed(run)]);
  expect(body).toMatchObject({
    ended: [{ id: run.id, outcome: 'accepted', status: 'succeeded' }],
    tasks: [{ id: second }],
  });
});

test('P10 endings are durable before their claim has waited for its task', async () => {
  await service.add({});
  const run = await claimOne();
  const claiming = claimWith([completed(run)], { wait_seconds: 30 });
  await until('the ending is committed', async () => (await statusOf(run.id)) === 'succeeded');
  await until('the claim waits', async () => (await service.metric('orchestra_claim_waiters')) === 1);
  const [next] = await service.add({});
  expect((await claiming).body).toMatchObject({ tasks: [{ id: next }], ended: [{ id: run.id, outcome: 'accepted' }] });
});

test('P10 a claim repeated with the same endings answers for them as before and claims on', async () => {
  const ids = await service.add({}, {}, {});
  const run = await claimOne();
  expect((await claimWith([completed(run)])).body).toMatchObject({
    tasks: [{ id: ids[1] }],
    ended: [{ outcome: 'accepted', status: 'succeeded' }],
  });
  expect((await claimWith([completed(run)])).body).toMatchObject({
    tasks: [{ id: ids[2] }],
    ended: [{ outcome: 'repeated', status: 'succeeded' }],
  });
  expect(await service.eventKinds(run.id)).toEqual(['queued', 'claimed', 'completed']);
});

test('P10 with an Idempotency-Key a repeated claim gets the same tasks, and the same word on its endings', async () => {
  const ids = await service.add({}, {}, {});
  const run = await claimOne();
  const key = crypto.randomUUID();
  const first = await claimWith([completed(run)], {}, { key });
  const again = await claimWith([completed(run)], {}, { key });
  expect(first.body).toMatchObject({ tasks: [{ id: ids[1] }], ended: [{ outcome: 'accepted' }] });
  expect(again.body).toMatchObject({ tasks: first.body.tasks, ended: [{ outcome: 'repeated' }] });
  expect(await statusOf(ids[2] ?? '')).toBe('queued');
});

test('P10 endings of a caller that goes away while its claim waits stay written', async () => {
  await service.add({});
  const run = await claimOne();
  const gone = new AbortController();
  const claiming = claimWith([completed(run, 'kept')], { wait_seconds: 30 }, { signal: gone.signal }).catch(
    () => undefined,
  );
  await until('the claim waits', async () => (await service.metric('orchestra_claim_waiters')) === 1);
  gone.abort();
  await claiming;
  expect(await service.task(run.id)).toMatchObject({ status: 'succeeded', result: 'kept' });
});

test('P10 a refused ending does not keep the claim from its task', async () => {
  const [, second] = await service.add({}, {});
  const run = await claimOne();
  const { body } = await claimWith([{ ...completed(run), run_id: crypto.randomUUID() }]);
  expect(body).toMatchObject({
    tasks: [{ id: second }],
    ended: [{ outcome: 'refused', refused: { code: 'run_not_owner' } }],
  });
  expect(await statusOf(run.id)).toBe('running');
});

test('workers that wait for the same cost one look for all of them, not a claim each', async () => {
  const wait = () => service.claim({ skills: ['rare'], limit: 1, wait_seconds: 30 });
  const looks = await service.metric('orchestra_claim_looks_total');
  const first = wait();
  await until('it has been looked for', async () => (await service.metric('orchestra_claim_looks_total')) > looks);
  const claims = await service.metric('orchestra_claims_total');
  const others = Array.from({ length: 5 }, wait);
  await until('they wait', async () => (await service.metric('orchestra_claim_waiters')) === 6);
  expect(await service.metric('orchestra_claims_total')).toBe(claims);
  const ids = await service.add(...Array.from({ length: 6 }, () => ({ skill: 'rare' })));
  const got = (await Promise.all([first, ...others])).flat().map((task) => task.id);
  expect(got.toSorted()).toEqual(ids.toSorted());
});
