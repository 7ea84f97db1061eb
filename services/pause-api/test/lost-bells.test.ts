import type { RunningService } from '@orchestra/service-shell';
import { FaultProxy, testDatabase, until } from '@orchestra/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newToken, startPauseApi } from './started.ts';
import { StreamReader } from './stream-reader.ts';

const database = testDatabase();
let proxy: FaultProxy;
let service: RunningService;
let token: string;

// No bell ever reaches it. One pause was over before it began, so that no replica has ever seen it.
beforeAll(async () => {
  proxy = await FaultProxy.before(database.url);
  proxy.refuse();
  token = await newToken(database.pool, 'viewer');
  await database.pool.query(
    `insert into senate_pause (scope_kind, scope_value, paused_at, ttl_seconds)
       values ('agent', 'long-over', now() - interval '1 hour', 60)`,
  );
  service = await startPauseApi(database.url, { listenDatabaseUrl: proxy.url });
});
afterAll(async () => {
  await service.stop();
  await proxy.close();
});

test('P6 what the sweeper does gets its place in the stream although nobody rang', async () => {
  const { rowCount } = await until('its place', async () => {
    const placed = await database.pool.query(
      `select from senate_events e
        where e.type = 'pause.expired'
          and e.data ->> 'scope_value' = 'long-over'
          and e.position is not null`,
    );
    return placed.rowCount === 0 ? undefined : placed;
  });
  expect(rowCount).toBe(1);
});

test('P6 a pause, and its clearing, are in the stream although nobody rang', async () => {
  const reader = await StreamReader.open(service.url, token);
  try {
    await reader.until('snapshot of nothing');
    // Without an end, so that the sweeper has nothing to do with it.
    await database.pool.query(
      "insert into senate_pause (scope_kind, scope_value, reason) values ('agent', 'unheard', 'by hand')",
    );
    await reader.until('pause.created unheard');
    await database.pool.query(
      "update senate_pause set cleared_at = now(), cleared_by = 'dana' where scope_value = 'unheard'",
    );
    await reader.until('pause.cleared unheard');
    expect(reader.told).toEqual(expect.arrayContaining(['pause.created unheard', 'pause.cleared unheard']));
  } finally {
    reader.leave();
  }
});
