import pg from 'pg';
import type { Duplex } from 'node:stream';
import { parseAddress } from '../address/parse-address.ts';
import { describeAddress, type Address } from '../address/address.ts';
import { ServerStream } from './server-stream.ts';
import { Servers } from './servers.ts';

/** How connections to one address are made: what a `pg` client has to be given. */
export interface Connection {
  address: Address;
  servers: Servers;
  /** A new stream; for a client that wants to hold it. */
  stream: () => ServerStream;
  /** How long one connection may take to come about, through the whole list. */
  timeoutMs: number;
  config: pg.ClientConfig;
}

const CONNECT_TIMEOUT_MS = 2_000;

/**
 * Understands an address and says how to connect to it.
 *
 * @param timeoutMs for one server, unless the address says otherwise
 * @throws AddressError
 */
export function connectionTo(
  text: string,
  applicationName: string,
  timeoutMs: number = CONNECT_TIMEOUT_MS,
): Connection {
  const address = parseAddress(text);
  const [{ host, port }] = address.endpoints;
  const eachMs = address.connectTimeoutMs ?? timeoutMs;
  const servers = new Servers(address, eachMs);
  const stream = (): ServerStream => new ServerStream(servers, address.tls);
  const allMs = address.endpoints.length === 1 ? eachMs : eachMs * (address.endpoints.length + 1);
  return {
    address,
    servers,
    stream,
    timeoutMs: allMs,
    config: {
      user: address.user,
      database: address.database,
      host,
      port,
      ssl: false,
      sslnegotiation: 'postgres',
      password: address.password,
      application_name: address.applicationName ?? applicationName,
      ...(address.options === undefined ? {} : { options: address.options }),
      enableChannelBinding: address.tls.channelBinding,
      connectionTimeoutMillis: allMs,
      keepAlive: true,
      stream: (): Duplex => stream(),
    },
  };
}

/** The address for messages, without its password; of one that cannot be understood, nothing. */
export function withoutPassword(text: string): string {
  try {
    return describeAddress(parseAddress(text));
  } catch {
    return 'the given address';
  }
}
