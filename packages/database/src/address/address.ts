import type { TlsSettings } from './tls-settings.ts';

/** One place to connect to. */
export interface Endpoint {
  /** A name, an IP address, or the folder of a Unix socket; certificates are compared with it. */
  host: string;
  /** Where to connect, when it is not to be looked up by `host`. */
  hostAddress?: string | undefined;
  port: number;
}

/** Which server of a list is wanted; the words of libpq. */
export const SESSION_ATTRIBUTES = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const;
export type SessionAttributes = (typeof SESSION_ATTRIBUTES)[number];

/** A database's address, understood. */
export interface Address {
  endpoints: readonly [Endpoint, ...Endpoint[]];
  user: string;
  database: string;
  password: string | undefined;
  tls: TlsSettings;
  sessionAttributes: SessionAttributes;
  /** Given in the address; absent: whatever the program calls itself. */
  applicationName: string | undefined;
  /** How long connecting to one server may take; absent: the program's own limit. */
  connectTimeoutMs: number | undefined;
  /** Command-line options for the server's session, such as `-c search_path=app`. */
  options: string | undefined;
}

/** An address that cannot be understood. The message says why and what to write, and never holds the password. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
}

export const ADDRESS_FORM =
  'must look like postgresql://user:password@host:5432/database, or like host=… dbname=… user=…';

/** The address for messages: who and where, without password or parameters. */
export function describeAddress({
  endpoints,
  user,
  database,
}: Pick<Address, 'endpoints' | 'user' | 'database'>): string {
  const places = endpoints.map(({ host, port }) => {
    if (isSocketFolder(host))
      return endpoints.length === 1 ? `${encodeURIComponent(host)}:${port}` : encodeURIComponent(host);
    return `${host.includes(':') ? `[${host}]` : host}:${port}`;
  });
  return `postgresql://${encodeURIComponent(user)}@${places.join(',')}/${encodeURIComponent(database)}`;
}

/** A host that begins with a slash is the folder of a Unix socket; with an @, one without a file (Linux). */
export function isSocketFolder(host: string): boolean {
  return host.startsWith('/') || host.startsWith('@');
}
