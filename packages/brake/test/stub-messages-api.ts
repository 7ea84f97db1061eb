import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

export interface StubMessagesApi {
  url: string;
  /** Calls of the model that asked for tools. */
  calls: number;
  close(): Promise<void>;
}

/** A Messages API on loopback that asks for one Bash command, and says "done" once it has its result. */
export async function stubMessagesApi(command: () => string): Promise<StubMessagesApi> {
  const server = createServer((request, response) => {
    void (async () => {
      const body: unknown = JSON.parse((await text(request)) || '{}');
      if (
        request.method !== 'POST' ||
        !request.url?.startsWith('/v1/messages') ||
        request.url.includes('count_tokens')
      ) {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"input_tokens":1}');
        return;
      }
      const asked = JSON.stringify(body);
      const withTools = asked.includes('"name":"Bash"');
      if (withTools) api.calls += 1;
      const answered = asked.includes('"tool_result"') || !withTools;
      const block = answered
        ? { start: { type: 'text', text: '' }, delta: { type: 'text_delta', text: 'done' } }
        : {
            start: { type: 'tool_use', id: `toolu_${api.calls}`, name: 'Bash', input: {} },
            delta: {
              type: 'input_json_delta',
              partial_json: JSON.stringify({ command: command(), description: 'a test' }),
            },
          };
      const events: [string, object][] = [
        [
          'message_start',
          {
            message: {
              id: `msg_${api.calls}`,
              type: 'message',
              role: 'assistant',
              model: 'stub',
              content: [],
              stop_reason: null,
              stop_sequence: null,
              usage: { input_tokens: 1, output_tokens: 1 },
            },
          },
        ],
        ['content_block_start', { index: 0, content_block: block.start }],
        ['content_block_delta', { index: 0, delta: block.delta }],
        ['content_block_stop', { index: 0 }],
        [
          'message_delta',
          {
            delta: { stop_reason: answered ? 'end_turn' : 'tool_use', stop_sequence: null },
            usage: { output_tokens: 1 },
          },
        ],
        ['message_stop', {}],
      ];
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const [type, data] of events)
        response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
      response.end();
    })().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('a server on TCP has a port');
  const api: StubMessagesApi = {
    url: `http://127.0.0.1:${address.port}`,
    calls: 0,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return api;
}
