import { createServer, type RequestListener } from 'node:http';
import { limitConnections } from './connections.ts';
import { refuseRaw } from './raw-refusals.ts';

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
// Longer than a load balancer keeps a connection (60 s mostly): who closes first must be the one that sends the next
// request.
const KEPT_ALIVE_MS = 75_000;
// A burst of connections waits here until it is accepted, and the callers among them do not have to try again.
const BACKLOG = 4_096;
// Behind the limits of `limitConnections`, for the moment between accepting and closing.
const ACCEPTED_MAX = 4_000;

/**
 * Serves `app`. Slow senders are cut: they get 5 s for the headers and 30 s for the whole request (an answer may take
 * as long as it likes). Callers without a token cannot take the connections of those with one (`limitConnections`).
 *
 * @param portSetting named in the message when the port is taken
 * @throws ListenError
 */
export async function listen(
  app: RequestListener,
  { host, port, portSetting }: { host: string; port: number; portSetting: string },
): Promise<Listening> {
  const server = createServer(
    {
      requireHostHeader: false,
      headersTimeout: 5_000,
      requestTimeout: 30_000,
      keepAliveTimeout: KEPT_ALIVE_MS,
      connectionsCheckingInterval: 1_000,
    },
    app,
  );
  server.maxConnections = ACCEPTED_MAX;
  limitConnections(server);
  // Heard by the app as well, so that refusals come before the body and look like all others.
  server.on('checkContinue', app).on('checkExpectation', app);
  refuseRaw(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(listenError(cause, host, port, portSetting)));
    server.listen({ port, host, backlog: BACKLOG }, resolve);
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
  if (code === 'EADDRINUSE')
    return new ListenError(
      `${where} is taken by another process; stop that one, or set ${portSetting} to another port (0 picks a free one)`,
      { cause },
    );
  if (code === 'EACCES')
    return new ListenError(`this user may not listen on ${where}; set ${portSetting} to a port above 1023`, { cause });
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new ListenError(`${host} is no address of this machine; set HOST`, { cause });
  return new ListenError(`cannot listen on ${where}: ${cause.message}`, { cause });
}
