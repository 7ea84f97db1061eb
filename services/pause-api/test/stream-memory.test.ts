import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { testDatabase, until } from '@orchestra/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningService } from '@orchestra/service-shell';
import { neverReads } from './never-reads.ts';
import { newToken, startPauseApi } from './started.ts';
import { StreamReader } from './stream-reader.ts';

const database = testDatabase();
const READERS = 10;
// Measured: 0.7 MB, of which most is what the reader was about to be told.
const LIMIT_BYTES = 2_000_000;
let service: RunningService;
let token: string;

beforeAll(async () => {
  token = await newToken(database.pool, 'viewer');
  // Longer than the test, so that none is cut off before it was weighed.
  service = await startPauseApi(database.url, { streams: { drainMs: 120_000 } });
});
afterAll(() => service.stop());

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What this process holds, without what nobody needs any more. */
async function heldBytes(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    collectGarbage();
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const flood = (name: string) =>
  database.pool.query(
    `insert into senate_alerts (kind, ref_id, details) select 'flood', $1 || n,
       jsonb_build_object('note', repeat('x', 200000))
       from generate_series(1, 60) n`,
    [name],
  );

test('a reader that never reads costs the service less than 2 MB, however much it is told', async () => {
  const reader = await StreamReader.open(service.url, token);
  await reader.until('snapshot of nothing');
  await flood('before-'); // so that what is kept for everybody is there already
  await reader.until('alert.created before-60');
  reader.received.length = 0;
  const before = await heldBytes();

  const stuck = await Promise.all(Array.from({ length: READERS }, () => neverReads(service.url, token)));
  await until('all streams are open', async () =>
    (await (await fetch(`${service.url}/metrics`)).text()).includes(
      `orchestra_event_streams{service="pause-api"} ${READERS + 1}`,
    ),
  );
  await flood('after-');
  await reader.until('alert.created after-60');
  reader.received.length = 0;
  const costs = ((await heldBytes()) - before) / READERS;

  expect(costs).toBeLessThan(LIMIT_BYTES);
  for (const socket of stuck) socket.destroy();
  reader.leave();
}, 60_000);
