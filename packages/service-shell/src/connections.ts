import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/** Connections on which no good token has been shown, of one address. Further ones displace the oldest of them. */
const STRANGERS_PER_ADDRESS_MAX = 100;
// Far above what the services need, below what runs a process out of file descriptors.
const CONNECTIONS_MAX = 1_000;
// A connection that is displaced is held for a moment before it is closed: whoever opens another one as soon as one is
// closed would otherwise do so as fast as this process can refuse. It costs a file descriptor and nothing else.
const HELD_MS = 1_000;
const HELD_MAX = 2_500;

/** `trusted`: a good token was shown, or one is being looked up. */
type Standing = (trusted: boolean) => void;

const standings = new WeakMap<Socket, Standing>();

/**
 * Call it with true before a token is looked up, and with what came of that afterwards: nobody displaces a connection
 * that shows a good one.
 */
export function noteCaller({ socket }: IncomingMessage, trusted: boolean): void {
  standings.get(socket)?.(trusted);
}

/**
 * Keeps room for callers with a token, however many connections come without one. A connection is a stranger until a
 * good token was shown on it. Above the limit of its address, or of all, the oldest stranger is closed, so a newcomer
 * always finds a place.
 */
export function limitConnections(
  server: Server,
  { perAddress = STRANGERS_PER_ADDRESS_MAX, inAll = CONNECTIONS_MAX } = {},
): void {
  const all = new Set<Socket>();
  /** Oldest first. */
  const strangers = new Map<string, Set<Socket>>();
  let scheduled = false;
  let held = 0;

  function enforce(): void {
    scheduled = false;
    for (const ofAddress of strangers.values()) closeOldest(ofAddress, ofAddress.size - perAddress);
    if (all.size <= inAll) return;
    const anywhere = [...strangers.values()].toSorted((a, b) => b.size - a.size);
    if (strangersIn(anywhere) <= perAddress) server.closeIdleConnections();
    // Of the address that has most.
    for (const ofAddress of anywhere) closeOldest(ofAddress, all.size - inAll);
  }

  function limit(ofAddress: ReadonlySet<Socket>): void {
    if (scheduled || (ofAddress.size <= perAddress && all.size <= inAll)) return;
    scheduled = true;
    // Not before what came with the connection has been read once: many are accepted at a time, and one of them may
    // bring a token.
    setImmediate(() => setImmediate(enforce));
  }

  function closeOldest(ofAddress: Set<Socket>, count: number): void {
    for (const socket of [...ofAddress].slice(0, Math.max(0, count))) {
      leave(socket, ofAddress);
      if (held >= HELD_MAX) {
        socket.destroy();
        continue;
      }
      held += 1;
      socket.pause();
      const letGo = setTimeout(() => socket.destroy(), HELD_MS);
      socket.once('close', () => {
        held -= 1;
        clearTimeout(letGo);
      });
    }
  }

  function leave(socket: Socket, ofAddress: Set<Socket>): void {
    all.delete(socket);
    ofAddress.delete(socket);
  }

  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? 'gone';
    const ofAddress = strangers.get(address) ?? new Set();
    strangers.set(address, ofAddress.add(socket));
    all.add(socket);
    standings.set(socket, (trusted) => {
      if (trusted || socket.destroyed || !all.has(socket)) ofAddress.delete(socket);
      else {
        strangers.set(address, ofAddress.add(socket));
        limit(ofAddress);
      }
    });
    socket.once('close', () => {
      leave(socket, ofAddress);
      if (ofAddress.size === 0 && strangers.get(address) === ofAddress) strangers.delete(address);
    });
    limit(ofAddress);
  });
}

function strangersIn(sets: readonly Set<Socket>[]): number {
  return sets.reduce((sum, set) => sum + set.size, 0);
}
