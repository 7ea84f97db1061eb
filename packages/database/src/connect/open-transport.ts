import net from 'node:net';
import tls from 'node:tls';
import { isSocketFolder, type Endpoint } from '../address/address.ts';
import type { TlsMode, TlsSettings } from '../address/tls-settings.ts';
import { TransportError } from './transport-error.ts';

/** `opportunistic`: encrypted where the server can, else plain. */
export type Encryption = 'plain' | 'opportunistic' | 'tls';

/**
 * The ways to connect that a mode allows, the first one first; the next one is tried where the server refuses the one
 * before.
 */
const WAYS: Record<TlsMode, readonly Encryption[]> = {
  disable: ['plain'],
  allow: ['plain', 'tls'],
  prefer: ['opportunistic', 'plain'],
  require: ['tls'],
  'verify-ca': ['tls'],
  'verify-full': ['tls'],
};

export function waysTo(endpoint: Endpoint, settings: TlsSettings): readonly Encryption[] {
  return isSocketFolder(endpoint.host) ? ['plain'] : WAYS[settings.mode];
}

const TLS_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/**
 * Opens a connection over which the protocol can begin.
 *
 * @param onSocket told of the socket at once, so that it can be ended at any moment
 * @throws TransportError `no_tls`; or what the operating system, or TLS, says
 */
export async function openTransport(
  endpoint: Endpoint,
  encryption: Encryption,
  settings: TlsSettings,
  onSocket: (socket: net.Socket) => void,
): Promise<net.Socket> {
  const socket = isSocketFolder(endpoint.host)
    ? net.connect({ path: `${endpoint.host.replace(/^@/, '\0')}/.s.PGSQL.${endpoint.port}` })
    : net.connect({ host: endpoint.hostAddress ?? endpoint.host, port: endpoint.port, noDelay: true });
  onSocket(socket);
  await happened(socket, 'connect');
  if (encryption === 'plain') return socket;
  if (!settings.direct) {
    socket.write(TLS_REQUEST);
    const answer = await firstBytes(socket);
    if (answer.toString('latin1') !== 'S') {
      if (answer.toString('latin1') === 'N' && encryption === 'opportunistic') return socket;
      socket.destroy();
      throw answer[0] === 0x4e || answer[0] === 0x45
        ? new TransportError('no_tls', 'the server does not offer TLS')
        : new TransportError('not_postgres', 'what answers there is not PostgreSQL');
    }
  }
  const secure = tls.connect({
    socket,
    host: endpoint.host,
    ...(settings.namesHost && net.isIP(endpoint.host) === 0 ? { servername: endpoint.host } : {}),
    ...settings.options,
    rejectUnauthorized: settings.checksAuthority,
    ...(settings.checksHost ? {} : { checkServerIdentity: () => undefined }),
    ...(settings.direct ? { ALPNProtocols: ['postgresql'] } : {}),
  });
  onSocket(secure);
  await happened(secure, 'secureConnect');
  return secure;
}

function happened(socket: net.Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      socket.off(event, done).off('error', settle).off('close', closed);
      if (error === undefined) resolve();
      else reject(error);
    };
    const done = (): void => settle();
    const closed = (): void => settle(new Error('Connection terminated unexpectedly'));
    socket.once(event, done).once('error', settle).once('close', closed);
  });
}

function firstBytes(socket: net.Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: Buffer | Error): void => {
      socket.off('data', settle).off('error', settle).off('close', closed).pause();
      if (outcome instanceof Error) reject(outcome);
      else resolve(outcome);
    };
    const closed = (): void => settle(new Error('Connection terminated unexpectedly'));
    socket.once('data', settle).once('error', settle).once('close', closed).resume();
  });
}
