import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

// As JSON-RPC leaves to implementations.
const SERVER_GONE = -32_000;

export interface Relay {
  /** Resolves once either side has closed. */
  ended: Promise<void>;
  close: () => Promise<void>;
}

/**
 * Passes every message between a client and a server as it is, whatever later versions of the protocol bring. A request
 * that cannot be passed on is answered with an error, so that nobody waits for it.
 */
export async function relay(client: Transport, server: Transport, tell: (line: string) => void): Promise<Relay> {
  const ended = Promise.withResolvers<void>();
  const closing: { promise?: Promise<void> } = {};
  const close = (): Promise<void> =>
    (closing.promise ??= (async () => {
      await Promise.allSettled([client.close(), server.close()]);
      ended.resolve();
    })());
  const initializing = new Set<string | number>();
  client.onmessage = (message) => {
    if ('method' in message && message.method === 'initialize' && 'id' in message) initializing.add(message.id);
    server.send(message).catch((error: unknown) => {
      tell(`the server could not be sent a message: ${words(error)}`);
      if ('method' in message && 'id' in message) {
        void answer(
          client,
          {
            jsonrpc: '2.0',
            id: message.id,
            error: { code: SERVER_GONE, message: `the server behind the gateway cannot be reached: ${words(error)}` },
          },
          tell,
        );
      }
    });
  };
  server.onmessage = (message) => {
    if ('result' in message && initializing.delete(message.id)) {
      const version = message.result['protocolVersion'];
      // Over HTTP each later request names it.
      if (typeof version === 'string') server.setProtocolVersion?.(version);
    }
    void answer(client, message, tell);
  };
  client.onclose = () => void close();
  server.onclose = () => void close();
  client.onerror = (error) => tell(`from the client: ${words(error)}`);
  server.onerror = (error) => tell(`from the server: ${words(error)}`);
  await server.start();
  await client.start();
  return { ended: ended.promise, close };
}

async function answer(client: Transport, message: JSONRPCMessage, tell: (line: string) => void): Promise<void> {
  try {
    await client.send(message);
  } catch (error) {
    tell(`the client could not be sent a message: ${words(error)}`);
  }
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
