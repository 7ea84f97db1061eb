import { testDatabase } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { canaryDirect } from '../src/doctor/canary-direct.ts';

const database = testDatabase();

test('a proof that is told to stop while it connects keeps no connection: its pool could never be closed', async () => {
  const stopping = new AbortController();
  const listening = canaryDirect(database.pool, 'dana').listen('orchestra-doctor-1', stopping.signal);
  stopping.abort();
  await expect(listening).rejects.toMatchObject({ name: 'AbortError' });
  expect(database.pool.totalCount).toBe(database.pool.idleCount);
});
