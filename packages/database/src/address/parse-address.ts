import { existsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { AddressError, SESSION_ATTRIBUTES, type Address, type Endpoint, type SessionAttributes } from './address.ts';
import { parseText, type Parameters } from './parse-text.ts';
import { passwordFromFile } from './password-file.ts';
import { readTlsSettings } from './tls-settings.ts';

// What an address leaves open is taken from these, as psql does.
const FROM_ENVIRONMENT: Record<string, string> = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  dbname: 'PGDATABASE',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  passfile: 'PGPASSFILE',
  options: 'PGOPTIONS',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  channel_binding: 'PGCHANNELBINDING',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslnegotiation: 'PGSSLNEGOTIATION',
  ssl_min_protocol_version: 'PGSSLMINPROTOCOLVERSION',
};
// Other names for the same.
const ALSO: Record<string, string> = { database: 'dbname', username: 'user' };
// Understood and without effect here: they tune libpq or another driver.
const WITHOUT_EFFECT = new Set([
  'ssl',
  'sslpassword',
  'sslsni',
  'sslcrl',
  'sslcrldir',
  'sslcompression',
  'sslcertmode',
  'ssl_max_protocol_version',
  'requiressl',
  'application_name',
  'fallback_application_name',
  'client_encoding',
  'keepalives',
  'keepalives_idle',
  'keepalives_interval',
  'keepalives_count',
  'tcp_user_timeout',
  'gssencmode',
  'gsslib',
  'gssdelegation',
  'krbsrvname',
  'load_balance_hosts',
  'min_protocol_version',
  'max_protocol_version',
  'pgbouncer',
  'connection_limit',
  'pool_timeout',
  'pool_size',
  'uselibpqcompat',
  'prepareThreshold',
  'statement_cache_size',
  'query_timeout',
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'keepAlive',
  'max',
]);
const PORT = 5_432;
const ENDPOINTS_MAX = 32;
const SOCKET_FOLDERS = ['/var/run/postgresql', '/tmp'];

/**
 * Understands an address as psql does: a URI or keywords, one host or several, Unix sockets, and what the `PG…`
 * variables of the environment and `.pgpass` add to it.
 *
 * @throws AddressError
 */
export function parseAddress(text: string, env: NodeJS.ProcessEnv = process.env): Address {
  const given: Parameters = new Map([...parseText(text)].map(([name, value]) => [ALSO[name] ?? name, value]));
  for (const name of given.keys()) {
    if (name in FROM_ENVIRONMENT || WITHOUT_EFFECT.has(name)) continue;
    const instead =
      name === 'schema' || name === 'currentSchema'
        ? "; the schema of Orchestra's tables is what ORCHESTRA_SCHEMA says"
        : '';
    throw new AddressError(`has the parameter "${name.slice(0, 40)}", which is not known${instead}`);
  }
  for (const [name, variable] of Object.entries(FROM_ENVIRONMENT)) {
    const value = env[variable];
    if (value && !given.has(name)) given.set(name, value);
  }
  const home = env['HOME'] || homedir();
  const user = given.get('user') ?? userInfo().username;
  const database = given.get('dbname') ?? user;
  const endpoints = readEndpoints(given);
  const [{ host, port }] = endpoints;
  return {
    endpoints,
    user,
    database,
    password:
      given.get('password') ??
      passwordFromFile(given.get('passfile') ?? join(home, '.pgpass'), { host, port, database, user }),
    tls: readTlsSettings(given, home),
    sessionAttributes: readSessionAttributes(given, endpoints.length),
    applicationName: given.get('application_name'),
    connectTimeoutMs: readConnectTimeoutMs(given.get('connect_timeout')),
    options: given.get('options'),
  };
}

function readEndpoints(given: Parameters): [Endpoint, ...Endpoint[]] {
  const addresses = given.get('hostaddr')?.split(',');
  const hosts = given.get('host')?.split(',') ?? addresses ?? [''];
  const ports = given.get('port')?.split(',') ?? [''];
  if (addresses !== undefined && addresses.length !== hosts.length)
    throw new AddressError(`names ${hosts.length} hosts and ${addresses.length} addresses of hosts`);
  if (ports.length > 1 && ports.length !== hosts.length)
    throw new AddressError(
      `names ${hosts.length} hosts and ${ports.length} ports: give one port, or one for each host`,
    );
  if (hosts.length > ENDPOINTS_MAX)
    throw new AddressError(`names ${hosts.length} hosts; ${ENDPOINTS_MAX} at most are tried`);
  const endpoints = hosts.map((host, at): Endpoint => {
    const port = readPort(ports[ports.length > 1 ? at : 0]?.trim() ?? '');
    return { host: host.trim() || usualHost(port), hostAddress: addresses?.[at]?.trim() || undefined, port };
  });
  const [first, ...rest] = endpoints;
  if (first === undefined) throw new AddressError('names no host');
  return [first, ...rest];
}

/** Where psql looks when no host is named: at a socket of this machine, if there is one. */
function usualHost(port: number): string {
  return SOCKET_FOLDERS.find((folder) => existsSync(join(folder, `.s.PGSQL.${port}`))) ?? 'localhost';
}

function readPort(text: string): number {
  if (text === '') return PORT;
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535)
    throw new AddressError(`has the port ${text.slice(0, 20)}; a port is a number from 1 to 65535`);
  return port;
}

/** In a list, Orchestra looks for the server that takes changes, unless the address says otherwise. */
function readSessionAttributes(given: Parameters, count: number): SessionAttributes {
  const named = given.get('target_session_attrs') ?? (count > 1 ? 'read-write' : 'any');
  const known = SESSION_ATTRIBUTES.find((attributes) => attributes === named);
  if (known === undefined)
    throw new AddressError(
      `has target_session_attrs=${named.slice(0, 40)}, which is none of ${SESSION_ATTRIBUTES.join(', ')}`,
    );
  return known;
}

const CONNECT_TIMEOUT_MAX_S = 60;

/** In whole seconds, as psql reads it; 0 and less: as long as it takes, which is a minute at most here. */
function readConnectTimeoutMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text.trim());
  if (!/^-?\d{1,9}$/.test(text.trim()))
    throw new AddressError(`has connect_timeout=${text.slice(0, 20)}, which is no whole number of seconds`);
  return (seconds <= 0 ? CONNECT_TIMEOUT_MAX_S : Math.min(seconds, CONNECT_TIMEOUT_MAX_S)) * 1_000;
}
