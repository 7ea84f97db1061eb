import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

const SESSIONS_MAX = 100;

export interface HttpFront {
  url: string;
  close(): Promise<void>;
}

/** One session of a client, and what ends it. */
interface Session {
  transport: StreamableHTTPServerTransport;
  end: () => Promise<void>;
}

/**
 * Serves streamable HTTP at `/mcp`: each session of a client is handed to `open`. It answers to names of this machine
 * alone. With a hundred sessions the oldest one is ended for a new one.
 */
export async function serveHttp({
  host,
  port,
  open,
  tell,
}: {
  host: string;
  port: number;
  open: (client: Transport) => Promise<() => Promise<void>>;
  tell: (line: string) => void;
}): Promise<HttpFront> {
  const sessions = new Map<string, Session>();
  let boundTo: string[] = [];

  async function begin(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      enableDnsRebindingProtection: true,
      allowedHosts: boundTo,
      onsessioninitialized: async (id) => {
        const oldest = sessions.entries().next();
        if (sessions.size >= SESSIONS_MAX && !oldest.done) {
          sessions.delete(oldest.value[0]);
          await oldest.value[1].end();
        }
        sessions.set(id, { transport, end });
      },
    });
    const end = await open(transport);
    const closed = transport.onclose;
    transport.onclose = () => {
      if (transport.sessionId !== undefined) sessions.delete(transport.sessionId);
      closed?.();
    };
    await transport.handleRequest(request, response);
    if (transport.sessionId === undefined) await end(); // it was no beginning of a session
  }

  const server = createServer((request, response) => {
    void (async () => {
      if (new URL(request.url ?? '/', 'http://local').pathname !== '/mcp') return void response.writeHead(404).end();
      const id = request.headers['mcp-session-id'];
      const known = typeof id === 'string' ? sessions.get(id) : undefined;
      if (known !== undefined) return known.transport.handleRequest(request, response);
      if (id !== undefined)
        return void response
          .writeHead(404, { 'content-type': 'text/plain' })
          .end('this session has ended; begin a new one');
      await begin(request, response);
    })().catch((error: unknown) => {
      tell(`a request could not be served: ${error instanceof Error ? error.message : String(error)}`);
      if (!response.headersSent) response.writeHead(502).end();
      else response.destroy();
    });
  });
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  boundTo = [host, '127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${bound}`);
  return {
    url: `http://${host}:${bound}/mcp`,
    close: async () => {
      await Promise.allSettled([...sessions.values()].map(({ end }) => end()));
      server.closeAllConnections();
      server.close();
    },
  };
}
