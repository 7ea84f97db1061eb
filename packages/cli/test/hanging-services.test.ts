// Services that take connections and answer nothing: their processes are stopped (SIGSTOP), or somebody else listens
// there.
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { orchestra } from './orchestra.ts';

vi.setConfig({ testTimeout: 120_000 });

let server: Server | undefined;
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

/** @param answer of a path: its status, or undefined for none, ever or yet */
async function serve(
  answer: (path: string, asked: readonly string[]) => number | undefined,
): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const waiting: { path: string; respond: (status: number) => void }[] = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    waiting.push({
      path: request.url ?? '',
      respond: (status) => response.writeHead(status, { 'content-type': 'application/json' }).end('{}'),
    });
    for (const call of waiting.splice(0)) {
      const status = answer(call.path, asked);
      if (status === undefined) waiting.push(call);
      else call.respond(status);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const call = (args: string[], url: string) =>
  orchestra(args, {
    keepNotices: true,
    env: { ORCHESTRA_URL: url, ORCHESTRA_TASKS_URL: url, ORCHESTRA_TOKEN: 'none' },
  });

test('a command says that there is no answer yet, and ends with what to do instead of waiting for its retries', async () => {
  const { url, asked } = await serve(() => undefined);
  const ended = await call(['senate', 'pauses'], url);
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr.split('\n')).toEqual([
    expect.stringMatching(new RegExp(`^no answer from pause-api at ${url} yet\\..*--direct$`)),
    expect.stringMatching(
      /^orchestra: pause-api at .* takes connections and answers nothing: it hangs\. With .*--direct; .*doctor/,
    ),
    '',
  ]);
  // One try, and nothing but the look for a sign of life after it.
  expect(asked.filter((path) => path.startsWith('/api/'))).toHaveLength(1);
});

test('of a change it says that it may still be done', async () => {
  const { url } = await serve(() => undefined);
  const ended = await call(['senate', 'pause', 'agent', 'skeptic', '--reason', 'r', '--yes', '--json'], url);
  expect(JSON.parse(ended.stdout)).toEqual({
    error: { code: 'no_answer', message: expect.stringContaining('may still be done') },
  });
});

test('a service that works on it is waited for', async () => {
  const looks = (asked: readonly string[]) => asked.filter((path) => path === '/livez').length;
  const { url, asked } = await serve((path, all) => (path === '/livez' ? 200 : looks(all) >= 4 ? 404 : undefined));
  const ended = await call(['task', 'show', '7'], url);
  expect(looks(asked)).toBeGreaterThanOrEqual(4);
  expect(ended.code).toBe(1);
  expect(ended.stderr).not.toContain('hangs');
});
