import { createToken } from '@orchestra/pause-core';
import { startService as startPauseApi } from '@orchestra/pause-api';
import { FaultProxy, testDatabase } from '@orchestra/testkit';
import { startService as startClaimer } from '@orchestra/worker-claimer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient, type Client, type ReceivedEvent } from '../src/index.ts';

const db = testDatabase();
const closing: (() => Promise<unknown>)[] = [];
let client: Client;
let workerClient: Client;
let toPauseApi: FaultProxy;

beforeAll(async () => {
  const common = {
    databaseUrl: db.url,
    listenDatabaseUrl: db.url,
    host: '127.0.0.1',
    port: 0,
    logLevel: 'silent' as const,
  };
  const pauseApi = await startPauseApi(common);
  const claimer = await startClaimer({ ...common, leaseSeconds: 60, reapEveryMs: 1_000, waitersMax: 10 });
  toPauseApi = await FaultProxy.before(pauseApi.url);
  closing.push(
    () => toPauseApi.close(),
    () => pauseApi.stop(),
    () => claimer.stop(),
  );
  const as = async (name: string, role: 'operator' | 'worker') =>
    createClient({
      url: toPauseApi.url,
      tasksUrl: claimer.url,
      token: await createToken(db.pool, { name, role, by: 'test' }),
    });
  client = await as('dana', 'operator');
  workerClient = await as('fleet', 'worker');
});
afterAll(async () => {
  for (const close of closing) await close();
});

// The limit of a wait, not its length.
const soon = { timeout: 60_000 };
const skeptic = { scope_kind: 'agent', scope_value: 'skeptic' } as const;

describe('the client and the services mean the same', () => {
  test('by a pause, from its preview to its history', async () => {
    await expect(client.pausePreview({ ...skeptic, reason: 'runaway loop' })).resolves.toMatchObject({
      dry_run: true,
      other_pauses: [],
    });
    const receipt = await client.pause({ ...skeptic, reason: 'runaway loop', ttl_seconds: 600 });
    expect(receipt).toMatchObject({ settled: true, paused_by: 'dana', source: 'person', ttl_seconds: 600 });
    expect(await client.pauses(skeptic)).toMatchObject({
      pauses: [{ id: receipt.id, quiet: true }],
      next_cursor: null,
    });
    expect(await client.allPauses()).toMatchObject([{ id: receipt.id }]);
    await expect
      .poll(() => client.check({ agent_id: 'skeptic', skill: 'lint' }), soon)
      .toMatchObject({ paused: true, reason: 'runaway loop', pause: { id: receipt.id } });
    expect(await client.unpause({ ...skeptic, reason: 'fixed' })).toMatchObject({
      cleared: [{ id: receipt.id, cleared_by: 'dana' }],
      still_paused: [],
    });
    expect(await client.pauseHistory({ ...skeptic, limit: 1 })).toMatchObject({ pauses: [{ id: receipt.id }] });
  });

  test('by one key: a pause that is asked for twice is made once', async () => {
    const ask = () =>
      client.pause({ scope_kind: 'quest', scope_value: 'q-1', reason: 'once' }, { idempotencyKey: 'the-same' });
    const [first, again] = [await ask(), await ask()];
    expect(again.id).toBe(first.id);
    await expect(
      client.pause({ scope_kind: 'quest', scope_value: 'q-2', reason: 'other' }, { idempotencyKey: 'the-same' }),
    ).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    expect(await client.unpause({ id: first.id })).toMatchObject({ cleared: [{ id: first.id }] });
  });

  test('by an alert', async () => {
    const alert = await client.recordAlert({ kind: 'prompt', ref_id: 'u-1', severity: 'low', details: { at: [1, 2] } });
    expect(await client.alerts({ ref_id: 'u-1', unacknowledged: true })).toMatchObject({
      alerts: [{ id: alert.id, details: { at: [1, 2] } }],
    });
    expect(await client.ackAlert(alert.id)).toMatchObject({ id: alert.id, ack_by: 'dana' });
    expect(await client.alerts({ ref_id: 'u-1', unacknowledged: true })).toMatchObject({ alerts: [] });
  });

  test('by a task, from its place in the queue to each of its ends', async () => {
    const {
      ids: [done = '', failed = '', released = ''],
    } = await client.enqueue({ tasks: [{ skill: 's' }, { skill: 's' }, { skill: 's' }] });
    const { tasks } = await workerClient.claim({ worker: 'w', skills: ['s'], limit: 3 });
    expect(tasks.map((task) => task.id)).toEqual([done, failed, released]);
    const [first = '', second = '', third = ''] = tasks.map((task) => task.run_id);
    expect(await workerClient.heartbeat(done, first)).toEqual({ lease_seconds: 60 });
    expect(await workerClient.complete(done, { run_id: first, result: { sum: 3 } })).toEqual({
      status: 'succeeded',
      next_eligible_at: null,
    });
    expect(await workerClient.fail(failed, { run_id: second, error: 'no', retry: false })).toMatchObject({
      status: 'failed',
    });
    expect(await workerClient.release(released, { run_id: third, cause: 'pause', cursor: { index: 2 } })).toMatchObject(
      { status: 'queued' },
    );
    await expect(workerClient.heartbeat(done, first)).rejects.toMatchObject({ code: 'run_not_owner' });
    expect(await client.task(released)).toMatchObject({ status: 'queued', cursor: { index: 2 } });
    expect((await client.tasks({ skill: 's', limit: 2 })).tasks).toHaveLength(2);
    expect((await client.taskEvents(done, { limit: 10 })).events.map((event) => event.kind)).toEqual([
      'queued',
      'claimed',
      'completed',
    ]);
    expect((await client.queue()).counts).toMatchObject({ succeeded: 1, failed: 1, queued: 1 });
    await expect(client.task('999999')).rejects.toMatchObject({ code: 'task_not_found', status: 404 });
  });

  test('by a refusal: a worker may never clear a pause', async () => {
    await expect(workerClient.unpause(skeptic)).rejects.toMatchObject({
      name: 'ApiError',
      code: 'forbidden',
      status: 403,
    });
    await expect(client.pause({ ...skeptic, reason: ' ', ttl_seconds: 0 })).rejects.toMatchObject({
      code: 'invalid_request',
      fields: expect.arrayContaining([
        expect.objectContaining({ field: 'reason' }),
        expect.objectContaining({ field: 'ttl_seconds' }),
      ]),
    });
  });
});

test('the event stream tells every change once and in order, also those that came while it was cut', async () => {
  const stop = new AbortController();
  const seen: ReceivedEvent[] = [];
  const told = () =>
    seen.map(({ event }) => (event.type === 'snapshot' ? event.type : `${event.type} ${event.data.id}`));
  const following = (async () => {
    for await (const received of client.events({ signal: stop.signal })) seen.push(received);
  })();
  await expect.poll(told, soon).toEqual(['snapshot']);
  const { id: first } = await client.pause({ scope_kind: 'skill', scope_value: 'stream', reason: 'one' });
  await expect.poll(told, soon).toContain(`pause.created ${first}`);

  toPauseApi.refuse();
  await db.pool.query("insert into senate_pause (scope_kind, scope_value, reason) values ('skill', 'stream', 'two')");
  await db.pool.query(
    "update senate_pause set cleared_at = now(), cleared_by = 'dana' where scope_value = 'stream' and reason = 'two'",
  );
  toPauseApi.pass();
  await expect.poll(() => told().filter((one) => one.startsWith('pause.cleared')), soon).toHaveLength(1);
  const {
    rows: [{ id: second }],
  } = await db.pool.query("select id from senate_pause where scope_value = 'stream' and reason = 'two'");
  expect(told().filter((one) => !one.startsWith('pause.quiet'))).toEqual([
    'snapshot',
    `pause.created ${first}`,
    `pause.created ${second}`,
    `pause.cleared ${second}`,
  ]);
  stop.abort();
  await following;
});
