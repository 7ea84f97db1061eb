import { createServer, type RequestListener } from 'node:http';

/** The address could not be listened on; the message says what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

export interface Listening {
  url: string;
  /** Takes no new calls, lets those under way end for `CLOSE_MS`, then ends them. Streams have to be ended before. */
  close(): Promise<void>;
}

const CLOSE_MS = 3_000;
const CLOSE_IDLE_EVERY_MS = 20;
// Far above what the services need, below what runs a process out of file descriptors.
const CONNECTIONS_MAX = 1_000;

/**
 * Serves `app`. Slow senders are cut: they get 5 s for the headers and 30 s for the whole request (an answer may take
 * as long as it likes).
 *
 * @param portSetting named in the message when the port is taken
 * @throws ListenError
 */
export async function listen(app: RequestListener, { host, port, portSetting }: { host: string; port: number; portSetting: string }): Promise<Listening> {
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 30_000, connectionsCheckingInterval: 1_000 }, app);
  server.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(listenError(cause, host, port, portSetting)));
    server.listen(port, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server without an address');
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const force = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
      // Again and again: a connection on which an answer is under way is idle, and kept open by its client, afterwards.
      const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
      await closed;
      clearInterval(idle);
      clearTimeout(force);
    },
  };
}

function listenError(cause: Error, host: string, port: number, portSetting: string): Error {
  const code = 'code' in cause ? cause.code : undefined;
  const where = `${host}:${port}`;
  if (code === 'EADDRINUSE') return new ListenError(`${where} is taken by another process; stop that one, or set ${portSetting} to another port (0 picks a free one)`, { cause });
  if (code === 'EACCES') return new ListenError(`this user may not listen on ${where}; set ${portSetting} to a port above 1023`, { cause });
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return new ListenError(`${host} is no address of this machine; set HOST`, { cause });
  return new ListenError(`cannot listen on ${where}: ${cause.message}`, { cause });
}
