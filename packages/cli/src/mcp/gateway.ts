import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { connectBrake, type BrakeLabels } from '@orchestra-brake/brake';
import { brakeTransport } from '@orchestra-brake/brake/mcp';
import { serveHttp } from './http-front.ts';
import { relay } from './relay.ts';

/** The server behind the gateway: a command that speaks over stdio, or an address. */
export type Upstream =
  | { command: string; args: string[]; env: Record<string, string> }
  | { url: string; headers: Record<string, string> };

export interface GatewayOptions {
  upstream: Upstream;
  /** What every call carries besides its tool. */
  labels: BrakeLabels;
  /** Absent: over stdio. */
  listen?: { host: string; port: number } | undefined;
  pauseApi: { url: string; token: string | undefined };
  strict: boolean;
  name: string | undefined;
  signal: AbortSignal;
  tell: (line: string) => void;
}

/**
 * Stands in front of an MCP server and passes `tools/call` only where nothing is paused. Resolves when either side has
 * ended.
 */
export async function runGateway({
  upstream,
  labels,
  listen,
  pauseApi,
  strict,
  name,
  signal,
  tell,
}: GatewayOptions): Promise<void> {
  // It begins also while pause-api is away: a client that finds no server at all would go on without the tools'
  // answers. Until then every call is refused.
  const brake = await connectBrake({ ...pauseApi, strict, name, kind: 'mcp-gateway', beginUnknown: true });
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
  const open = (client: Transport) => relay(brakeTransport(client, { brake, labels }), connectUpstream(upstream), tell);
  try {
    if (listen === undefined) {
      const { ended, close } = await open(new StdioServerTransport());
      process.stdin.once('end', () => void close()); // the SDK does not look for it
      await Promise.race([ended, stopped]);
      await close();
    } else {
      const front = await serveHttp({ ...listen, tell, open: async (client) => (await open(client)).close });
      tell(`the gateway listens on ${front.url}`);
      await stopped;
      await front.close();
    }
  } finally {
    await brake.close();
  }
}

function connectUpstream(upstream: Upstream): Transport {
  if ('url' in upstream)
    return new StreamableHTTPClientTransport(new URL(upstream.url), { requestInit: { headers: upstream.headers } });
  return new StdioClientTransport({ ...upstream, stderr: 'inherit' });
}
