// What an operator does, through PgBouncer in transaction mode with its default settings; bells take the direct way.
import type { CheckAnswer, PauseReceipt } from '@orchestra/pause-core/contract';
import type { RunningService } from '@orchestra/service-shell';
import { startPooler, testDatabase, type Pooler } from '@orchestra/testkit';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { caller, newToken, startPauseApi, type Answer, type Caller } from './started.ts';

const database = testDatabase();
vi.setConfig({ hookTimeout: 180_000, testTimeout: 180_000 });

let pooler: Pooler;
let service: RunningService;
let dana: Caller;

beforeAll(async () => {
  pooler = await startPooler(database.url);
  service = await startPauseApi(pooler.url, { listenDatabaseUrl: database.url });
  dana = caller(service.url, await newToken(database.pool, 'operator'));
});
afterAll(async () => {
  await service.stop();
  await pooler.stop();
});

test('S1 several operators pause and clear at a time, and each call is answered 200', async () => {
  const answers = await Promise.all(
    ['a', 'b', 'c'].map(async (operator) => {
      const statuses: unknown[] = [];
      for (let n = 0; n < 6; n++) {
        const scope = { scope_kind: 'agent', scope_value: `pooled-${operator}-${n}` };
        const pause = await dana.post<PauseReceipt>(
          '/api/senate/pause',
          { ...scope, reason: 'a test', ttl_seconds: 600 },
          { 'idempotency-key': `pooled-${operator}-${n}` },
        );
        statuses.push([pause.status, pause.body.settled, (await dana.post('/api/senate/unpause', scope)).status]);
      }
      return statuses;
    }),
  );
  expect(answers.flat()).toEqual(answers.flat().map(() => [200, true, 200]));
});

test('S1 every call of an operator is answered through the pooler', async () => {
  const { id } = await dana.pause('agent', 'looked-at', { ttl_seconds: 600 });
  const asked: [string, Promise<Answer<unknown>>][] = [
    ...[
      '/api/senate/pauses',
      '/api/senate/pauses/active',
      `/api/senate/pauses/${id}`,
      '/api/senate/pauses/check?agent_id=looked-at',
      '/api/senate/verify',
      '/api/senate/history',
      '/api/senate/alerts',
      '/api/senate/notices',
      '/api/tasks',
      '/api/queue',
      '/api/queue/labels?by=agent',
      '/api/serial-gate',
    ].map((path): [string, Promise<Answer<unknown>>] => [path, dana.get(path)]),
    ['extend', dana.post('/api/senate/extend', { id, ttl_seconds: 900 })],
    ['dry run', dana.post('/api/senate/pause?dry_run=true', { scope_kind: 'agent', scope_value: 'x', reason: 'y' })],
    ['alert', dana.post('/api/senate/alerts', { kind: 'k', ref_id: 'a', severity: 'critical' })],
  ];
  const told = await Promise.all(asked.map(async ([what, answer]) => `${what}: ${(await answer).status}`));
  expect(told.filter((line) => !/: (200|201|404)$/.test(line))).toEqual([]);
  expect((await dana.get<CheckAnswer>('/api/senate/pauses/check?agent_id=looked-at')).body.paused).toBe(true);
  expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
});
