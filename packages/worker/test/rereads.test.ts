import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient } from '@orchestra-brake/client';
import { until } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { createRestReplica } from '../src/pause-watch.ts';

// Of the five seconds half a one is left for the readings themselves.
const RIGHT_WITHIN_MS = 4_500;

test.each([
  [undefined, 3_500],
  [500, 2_000],
  [4_400, 100],
])(
  'P6 read by the clock, a copy is so young that a lost bell costs less than 5 s (every %s ms)',
  async (rereadEveryMs, maxAgeMs) => {
    const askedFor: string[] = [];
    const server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://service');
      if (pathname !== '/api/senate/pauses/active') {
        response.writeHead(404).end();
        return;
      }
      askedFor.push(searchParams.get('max_age_ms') ?? '');
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ age_ms: 0, version: 'v', pauses: searchParams.has('known') ? null : [] }));
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const replica = createRestReplica(
      createClient({ url, tasksUrl: url, token: 'none' }),
      rereadEveryMs === undefined ? {} : { rereadEveryMs },
    );
    try {
      await replica.start();
      const byTheClock = await until('a reading by the clock', () => askedFor.find((age) => age !== '0'));
      expect(Number(byTheClock)).toBe(maxAgeMs);
      expect(maxAgeMs + (rereadEveryMs ?? 1_000)).toBeLessThanOrEqual(RIGHT_WITHIN_MS);
    } finally {
      await replica.stop();
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    }
  },
);
