// An MCP server with one tool, for the tests of the gateway: over stdio, or with PORT over streamable HTTP.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

let calls = 0;

function makeServer(): McpServer {
  const server = new McpServer({ name: 'fixture', version: '1' });
  server.registerTool('work', { inputSchema: {} }, async () => {
    calls += 1;
    const secrets = Object.keys(process.env).filter((name) => name.startsWith('ORCHESTRA_TOKEN'));
    return { content: [{ type: 'text', text: JSON.stringify({ calls, secrets }) }] };
  });
  return server;
}

if (process.argv[2] === undefined) {
  await makeServer().connect(new StdioServerTransport());
} else {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const http = createServer((request, response) => {
    void (async () => {
      const id = request.headers['mcp-session-id'];
      let transport = typeof id === 'string' ? sessions.get(id) : undefined;
      if (transport === undefined) {
        const made = new StreamableHTTPServerTransport({
          sessionIdGenerator: randomUUID,
          onsessioninitialized: (session) => {
            sessions.set(session, made);
          },
        });
        await makeServer().connect(made);
        transport = made;
      }
      await transport.handleRequest(request, response);
    })();
  });
  http.listen(0, '127.0.0.1', () => {
    const address = http.address();
    if (typeof address === 'object' && address !== null) process.stdout.write(`http://127.0.0.1:${address.port}/mcp\n`);
  });
}
