import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { until } from '@orchestra/testkit';
import { afterEach, expect, test } from 'vitest';
import { limitConnections, noteCaller } from '../src/connections.ts';

const sockets: Socket[] = [];
let stop: (() => void) | undefined;
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  stop?.();
});

/** A server on which whoever says that it is known is. */
async function serve(limits: Parameters<typeof limitConnections>[1]): Promise<number> {
  const server = createServer((request, response) => {
    noteCaller(request, request.headers.authorization === 'known');
    response.end('here');
  });
  limitConnections(server, limits);
  server.listen(0, '127.0.0.1');
  stop = () => {
    server.close();
    server.closeAllConnections();
  };
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}
async function ask(socket: Socket, headers = ''): Promise<string> {
  socket.write(`GET / HTTP/1.1\r\nhost: x\r\n${headers}\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return answer.toString();
}
const living = (some: readonly Socket[]): number => some.filter((socket) => !socket.destroyed).length;

test('silent connections displace each other, oldest first; one with a token stays, and a new caller is answered', async () => {
  const port = await serve({ perAddress: 5, inAll: 1_000 });
  const known = await open(port);
  expect(await ask(known, 'authorization: known\r\n')).toContain('200 OK');
  const silent: Socket[] = [];
  for (let count = 0; count < 20; count += 1) silent.push(await open(port));
  await until('the oldest are closed', () => living(silent) === 5);
  expect(silent.slice(-5).every((socket) => !socket.destroyed)).toBe(true);
  expect(await ask(await open(port))).toContain('200 OK');
  expect(await ask(known, 'authorization: known\r\n')).toContain('200 OK');
});

test('with all places taken by callers that are known and idle, the idle ones make room', async () => {
  const port = await serve({ perAddress: 5, inAll: 8 });
  const known = await Promise.all(Array.from({ length: 8 }, () => open(port)));
  for (const socket of known) await ask(socket, 'authorization: known\r\n');
  const late = await open(port);
  expect(await ask(late, 'authorization: known\r\n')).toContain('200 OK');
  await until('the idle ones are closed', () => living(known) === 0);
});
