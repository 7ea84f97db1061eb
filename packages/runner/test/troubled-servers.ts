import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';

/** A name server that answers every question with this code: 2 (it cannot say) or 3 (there is no such name). */
export async function nameServer(responseCode: 2 | 3): Promise<{ port: number; close: () => void }> {
  const socket: Socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const answer = Buffer.from(query);
    answer[2] = 0x81; // an answer, recursion desired
    answer[3] = 0x80 | responseCode; // recursion available
    socket.send(answer, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { port: socket.address().port, close: () => socket.close() };
}

/** A server that treats everybody in the same way. */
export async function tcpServer(
  kind: 'resets' | 'keeps silent' | 'speaks an old ssh',
): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    if (kind === 'resets') socket.once('data', () => socket.resetAndDestroy());
    if (kind === 'speaks an old ssh') socket.write('SSH-1.0-forgotten\r\n');
  });
  return listening(server);
}

/**
 * Answers by path: `/503` and the like with that status, `/away` with a redirect to another host, `/near` with one to
 * `/livez`.
 */
export async function webServer(
  queue: unknown = {},
): Promise<{ url: string; port: number; seen: string[]; close: () => Promise<void> }> {
  const seen: string[] = [];
  const server = createHttpServer((request, response) => {
    const path = request.url ?? '';
    seen.push(`${request.method} ${path} ${request.headers.authorization ?? '-'}`);
    if (path === '/away') {
      response.writeHead(302, { location: 'http://elsewhere.invalid/' }).end();
      return;
    }
    if (path === '/near') {
      response.writeHead(302, { location: '/livez' }).end();
      return;
    }
    if (path === '/round') {
      response.writeHead(302, { location: '/round' }).end();
      return;
    }
    if (path === '/silent') return;
    if (path === '/api/queue') {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(queue));
      return;
    }
    const status = Number(path.slice(1));
    response.writeHead(Number.isInteger(status) && status >= 200 ? status : 200).end('{"ok":true}');
  });
  const { port, close } = await listening(server);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    seen,
    close: () => {
      server.closeAllConnections();
      return close();
    },
  };
}

async function listening(server: Server): Promise<{ port: number; close: () => Promise<void> }> {
  const open = new Set<import('node:net').Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
