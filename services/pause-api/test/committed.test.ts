// A change that is committed is answered 200, whatever can be read afterwards.
import { inTransaction } from '@orchestra/database';
import type { PauseReceipt } from '@orchestra/pause-core/contract';
import { pauseReceipt } from '@orchestra/pause-core/contract';
import type { RunningService } from '@orchestra/service-shell';
import { FaultProxy, testDatabase, until } from '@orchestra/testkit';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { caller, newToken, startPauseApi, type Caller } from './started.ts';

vi.setConfig({ testTimeout: 120_000 });

const database = testDatabase();
let proxy: FaultProxy;
let service: RunningService;
let dana: Caller;

beforeAll(async () => {
  proxy = await FaultProxy.before(database.url);
  service = await startPauseApi(proxy.url, { settleTimeoutMs: 60_000 });
  dana = caller(service.url, await newToken(database.pool, 'operator'));
});
afterAll(async () => {
  await service.stop();
  await proxy.close();
});

const scoped = (value: string) => ({ scope_kind: 'agent', scope_value: value });

test('with tasks locked: a pause, another end for it, its clearing and an alert are all answered 200', async () => {
  await inTransaction(database.pool, async (tx) => {
    await tx.query('set local idle_in_transaction_session_timeout = 0');
    await tx.query('lock table tasks in access exclusive mode');
    const pause = await dana.post<PauseReceipt>('/api/senate/pause', {
      ...scoped('locked'),
      reason: 'a test',
      ttl_seconds: 600,
    });
    expect(pause).toMatchObject({
      status: 200,
      body: { settled: true, in_flight: null, queued: null, not_read: expect.stringContaining('its numbers') },
    });
    expect(pauseReceipt.safeParse(pause.body).success).toBe(true);
    expect(await dana.post('/api/senate/extend', { id: pause.body.id, ttl_seconds: 900 })).toMatchObject({
      status: 200,
      body: { id: pause.body.id },
    });
    const alert = await dana.post<{ id: string }>('/api/senate/alerts', { kind: 'k', ref_id: 'a' });
    expect(alert.status).toBe(200);
    expect(await dana.post(`/api/senate/alerts/${alert.body.id}/ack`)).toMatchObject({
      status: 200,
      body: { ack_by: expect.any(String) },
    });
    expect(await dana.post('/api/senate/unpause', scoped('locked'))).toMatchObject({
      status: 200,
      body: { cleared: [{ id: pause.body.id, cleared_by: expect.any(String) }], still_paused: [] },
    });
  });
});

test('with the database lost after the commit: the pause is answered 200, and says that settling could not be asked', async () => {
  const claim = await database.pool.connect();
  await claim.query('begin');
  // As a claim under way does: the pause waits for it
  await claim.query('lock table claim_marker in access share mode');
  try {
    const answer = dana.post<PauseReceipt>('/api/senate/pause', { ...scoped('cut-off'), reason: 'a test' });
    await until(
      'the pause is committed',
      async () => (await database.pool.query("select from active_pauses where scope_value = 'cut-off'")).rowCount === 1,
    );
    proxy.refuse();
    expect(await answer).toMatchObject({
      status: 200,
      body: {
        scope_value: 'cut-off',
        settled: null,
        durable: 'local',
        in_flight_count: null,
        queued: null,
        not_read: expect.stringContaining('whether it has settled: the connection to the database was lost'),
      },
    });
  } finally {
    proxy.pass();
    await claim.query('rollback');
    claim.release();
  }
});
