import type { QueueView } from '@orchestra/task-queue/contract';
import { testDatabase, until } from '@orchestra/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { caller, newToken, startPauseApi } from './started.ts';

const database = testDatabase();

const provenSeconds = async (url: string): Promise<number> =>
  Number(
    /^orchestra_brake_last_proven_seconds\{[^}]*\} (.+)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1],
  );

test('the brake is proved on a timer, and that is told by a metric and by the queue; off, neither tells anything', async () => {
  const off = await startPauseApi(database.url);
  onTestFinished(() => off.stop());
  const dana = caller(off.url, await newToken(database.pool, 'viewer'));
  expect(await provenSeconds(off.url)).toBe(-1);
  expect((await dana.get<QueueView>('/api/queue')).body.brake_proof).toBeNull();
  const on = await startPauseApi(database.url, { selfTestSeconds: 1 });
  onTestFinished(() => on.stop());
  await until('the brake is proved', async () => (await provenSeconds(on.url)) >= 0);
  const { body } = await dana.get<QueueView>('/api/queue');
  expect(body.brake_proof).toMatchObject({
    every_seconds: 1,
    failure: null,
    overdue: false,
    proved_at: expect.any(String),
  });
  expect((await database.pool.query('select count(*)::int as alerts from senate_alerts')).rows).toEqual([
    { alerts: 0 },
  ]);
});
