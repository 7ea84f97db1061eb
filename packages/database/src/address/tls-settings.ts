import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import tls from 'node:tls';
import { AddressError } from './address.ts';
import type { Parameters } from './parse-text.ts';

export const TLS_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type TlsMode = (typeof TLS_MODES)[number];

/** How connections are encrypted, and what of the server is checked. */
export interface TlsSettings {
  mode: TlsMode;
  /** TLS from the first byte, without asking (PostgreSQL 17). */
  direct: boolean;
  /** Whether the server's certificate has to come from a known authority. */
  checksAuthority: boolean;
  /** Whether it has to be made out to the host. */
  checksHost: boolean;
  /** What Node.js needs: authorities, our own certificate and key. */
  options: tls.SecureContextOptions;
  /** Whether the host is named while TLS begins. */
  namesHost: boolean;
  /** Ties the password to the TLS connection (SCRAM-SHA-256-PLUS) where the server offers it. */
  channelBinding: boolean;
}

/**
 * Reads the `ssl…` parameters with the meaning that psql gives them. Without any, a connection is made as with
 * `allow`: plain, and encrypted where the server asks for that.
 *
 * @throws AddressError for values that mean nothing, and files that cannot be read
 */
export function readTlsSettings(given: Parameters, home: string | undefined): TlsSettings {
  const mode = tlsMode(given);
  const direct = given.get('sslnegotiation') === 'direct';
  if (direct && !['require', 'verify-ca', 'verify-full'].includes(mode))
    throw new AddressError('has sslnegotiation=direct, which needs sslmode=require, verify-ca or verify-full');
  const root = rootFile(given, home);
  if (mode === 'verify-ca' && (root === undefined || root === 'system')) {
    throw new AddressError(
      'has sslmode=verify-ca, for which sslrootcert has to name the file of the certificate authority; ' +
        'with a public authority, use sslmode=verify-full',
    );
  }
  const checksAuthority = mode === 'verify-ca' || mode === 'verify-full' || (mode === 'require' && root !== undefined);
  const options: tls.SecureContextOptions =
    mode === 'disable'
      ? {}
      : {
          ...authorities(root, checksAuthority),
          ...ownFile(given, 'sslcert', 'cert', home, 'postgresql.crt'),
          ...ownFile(given, 'sslkey', 'key', home, 'postgresql.key'),
          ...(given.has('sslpassword') ? { passphrase: given.get('sslpassword') } : {}),
          ...minVersion(given.get('ssl_min_protocol_version')),
        };
  return {
    mode,
    direct,
    checksAuthority,
    checksHost: mode === 'verify-full' || (root === 'system' && checksAuthority),
    options,
    namesHost: given.get('sslsni') !== '0',
    channelBinding: given.get('channel_binding') === 'require',
  };
}

function tlsMode(given: Parameters): TlsMode {
  const named =
    given.get('sslmode') ??
    { true: 'require', 1: 'require', require: 'require', 'no-verify': 'require', false: 'disable', 0: 'disable' }[
      given.get('ssl') ?? ''
    ];
  if (named === undefined) return given.get('channel_binding') === 'require' ? 'require' : 'allow';
  if (named === 'no-verify') return 'require';
  const mode = TLS_MODES.find((known) => known === named);
  if (mode === undefined)
    throw new AddressError(`has sslmode=${named.slice(0, 40)}, which is none of ${TLS_MODES.join(', ')}`);
  return mode;
}

function rootFile(given: Parameters, home: string | undefined): string | undefined {
  if (given.get('sslmode') === 'no-verify') return undefined;
  const named = given.get('sslrootcert');
  if (named !== undefined || home === undefined) return named;
  const usual = join(home, '.postgresql', 'root.crt');
  return existsSync(usual) ? usual : undefined;
}

function authorities(root: string | undefined, needed: boolean): tls.SecureContextOptions {
  if (!needed || root === undefined) return {}; // those that Node.js brings along
  if (root === 'system') return { ca: [...tls.getCACertificates('system'), ...tls.getCACertificates('bundled')] };
  return { ca: readNamed('sslrootcert', root) };
}

function ownFile(
  given: Parameters,
  parameter: 'sslcert' | 'sslkey',
  option: 'cert' | 'key',
  home: string | undefined,
  usualName: string,
): tls.SecureContextOptions {
  const named = given.get(parameter);
  const usual = home === undefined ? undefined : join(home, '.postgresql', usualName);
  const file = named ?? (usual !== undefined && existsSync(usual) ? usual : undefined);
  return file === undefined ? {} : { [option]: readNamed(parameter, file) };
}

function readNamed(parameter: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new AddressError(
      `names ${parameter}=${file}, which cannot be read ` +
        `(${cause instanceof Error && 'code' in cause ? String(cause.code) : 'no such file'})`,
      { cause },
    );
  }
}

function minVersion(named: string | undefined): tls.SecureContextOptions {
  const version = (['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const).find((known) => known === named);
  return version === undefined ? {} : { minVersion: version };
}
