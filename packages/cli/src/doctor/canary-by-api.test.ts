import { createClient } from '@orchestra-brake/client';
import { expect, onTestFinished, test } from 'vitest';
import { canaryByApi } from './canary-by-api.ts';

/** As behind a proxy that keeps streams back: the answer begins, and nothing of it ever comes. */
const keptBack: typeof fetch = (_asked, init) =>
  Promise.resolve(
    new Response(
      new ReadableStream({
        start: (body) => {
          init?.signal?.addEventListener('abort', () => body.error(init.signal?.reason));
        },
      }),
      { headers: { 'content-type': 'text/event-stream' } },
    ),
  );

test('an event stream that never begins is waited for only so long', async () => {
  const ended = new AbortController();
  onTestFinished(() => ended.abort());
  const way = canaryByApi(
    createClient({ url: 'http://pause.example', tasksUrl: 'http://tasks.example', token: 'orc_t', fetch: keptBack }),
    50,
  );
  await expect(way.listen('orchestra-doctor-1', ended.signal)).rejects.toThrow(
    'the event stream did not begin within 0.05 s',
  );
}, 5_000);
