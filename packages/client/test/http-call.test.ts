// By which way calls go: what they share with the `fetch` of Node.js, and who may take its place.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { createClient } from '../src/index.ts';

const NO_PAUSES = '{"pauses":[],"next_cursor":null}';
const CLIENT = fileURLToPath(new URL('../src/index.ts', import.meta.url));

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function service(): Server {
  return createServer((request, response) => {
    request.resume();
    response.setHeader('content-type', 'application/json').end(NO_PAUSES);
  });
}

test('calls keep their connections, and fetch of Node.js uses the same ones', async () => {
  const server = service();
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  const url = await listening(server);
  const client = createClient({ url, tasksUrl: url });
  for (let calls = 0; calls < 5; calls++) await client.pauses();
  // The next call may begin before the connection of the last one is free again.
  expect(connections).toBeLessThanOrEqual(2);
  const before = connections;
  await (await fetch(url)).text();
  expect(connections).toBe(before);
});

test('a fetch that a program has put in the place of Node’s is used, and one that is given before it', async () => {
  const asked: string[] = [];
  const saying =
    (who: string): typeof fetch =>
    async (input) => {
      asked.push(`${who} ${new URL(input instanceof Request ? input.url : input).pathname}`);
      return new Response(NO_PAUSES);
    };
  const own = globalThis.fetch;
  onTestFinished(() => {
    globalThis.fetch = own;
  });
  globalThis.fetch = saying('global');
  await createClient({ url: 'http://a.example', tasksUrl: 'http://a.example' }).pauses();
  await createClient({ url: 'http://a.example', tasksUrl: 'http://a.example', fetch: saying('given') }).pauses();
  expect(asked).toEqual(['global /api/senate/pauses', 'given /api/senate/pauses']);
});

test('calls go through the proxy of the environment, where Node.js is told to use it', async () => {
  const target = await listening(service());
  const asked: string[] = [];
  const proxy = createServer().on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    const onward = connect(Number(new URL(target).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [socket, onward])
      end.on('error', () => {
        socket.destroy();
        onward.destroy();
      });
  });
  const env = { PATH: process.env['PATH'], NODE_USE_ENV_PROXY: '1', HTTP_PROXY: await listening(proxy) };
  const program = `const { createClient } = await import(${JSON.stringify(CLIENT)});
    const client = createClient({ url: 'http://pauses.example', tasksUrl: 'http://tasks.example' });
    console.log(JSON.stringify(await client.pauses({}, { triesMax: 1 })));
    process.exit();`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { env });
  expect(stdout).toBe(`${NO_PAUSES}\n`);
  expect(asked).toEqual(['pauses.example:80']);
});
