import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { awaitAnswer } from './await-answer.ts';

test('a command that stood still itself does not take that for the silence of the service', async () => {
  const service = createServer((_, response) => void delay(50).then(() => response.end('ok'))).listen(0, '127.0.0.1');
  await once(service, 'listening');
  const { port } = z.object({ port: z.number() }).parse(service.address());
  const over = new AbortController();
  service.on('request', (_, response) => response.once('close', () => setImmediate(() => over.abort())));
  // Each look at the clock finds that ten seconds more have gone by.
  let standsStillMs = 0;
  const now = performance.now.bind(performance);
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + (standsStillMs += 10_000));
  const warned = vi.spyOn(process, 'emitWarning');
  const said: string[] = [];
  onTestFinished(() => {
    clock.mockRestore();
    warned.mockRestore();
    service.close();
  });
  const call = {
    service: 'pause-api' as const,
    url: `http://127.0.0.1:${port}`,
    changes: true,
    signal: over.signal,
  };
  await awaitAnswer(call, (line) => said.push(line));
  expect(said).toEqual([]);
  expect(warned).not.toHaveBeenCalled();
});
