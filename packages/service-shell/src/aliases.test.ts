import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { expect, test } from 'vitest';
import { serveAliases } from './aliases.ts';

test('the names that other systems ask by are answered as the paths are, with their query, and nothing else is', async () => {
  const app = express();
  serveAliases(app);
  app.get('/{*any}', (request, response) => {
    response.send(request.url);
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const answers = async (path: string) => await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    expect(
      await Promise.all(
        ['/health', '/status', '/queue?limit=2', '/queue/rates', '/api/queue', '/constructor'].map(answers),
      ),
    ).toEqual(['/livez', '/readyz', '/api/queue?limit=2', '/queue/rates', '/api/queue', '/constructor']);
  } finally {
    server.close();
  }
});
