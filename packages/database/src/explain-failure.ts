import { AddressError } from './address/address.ts';
import { withoutPassword } from './connect/connection.ts';
import { TransportError } from './connect/transport-error.ts';
import { isDatabaseUnavailable, SQLSTATE, sqlState } from './errors.ts';
import { ExistingAlertsError } from './existing-alerts.ts';
import { SchemaNameError } from './home-schema.ts';
import { UnsuitableServerError } from './suitable-server.ts';

/** What is wrong, for programs. */
export type DatabaseFailureCode =
  | 'bad_address'
  | 'database_unavailable'
  | 'database_refused'
  | 'database_unsuitable'
  | 'not_migrated'
  | 'database_error';

export interface DatabaseFailure {
  code: DatabaseFailureCode;
  /** For people, with the next step; never holds a password. */
  message: string;
  /** Whether the same may work a moment later. */
  mayPass: boolean;
}

const UNDEFINED_TABLE = '42P01';
const NO_SUCH_DATABASE = '3D000';
const REFUSED = /^28/;

/**
 * Puts whatever went wrong with a database into words, for the command line and the services alike; undefined for an
 * error that neither the address nor the server has to do with.
 *
 * @param setting how the address was given, such as `DATABASE_URL`
 */
export function explainDatabaseFailure(
  error: unknown,
  address: string,
  setting = 'DATABASE_URL',
): DatabaseFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof AddressError)
    return { code: 'bad_address', message: `${setting} ${error.message}`, mayPass: false };
  if (error instanceof SchemaNameError) return { code: 'bad_address', message: error.message, mayPass: false };
  const where = withoutPassword(address);
  const says = (code: DatabaseFailureCode, message: string): DatabaseFailure => ({
    code,
    message,
    mayPass: code === 'database_unavailable',
  });
  const unsuitable = causeOf(error, UnsuitableServerError);
  if (unsuitable !== undefined) return says('database_unsuitable', `${unsuitable.message} (${where})`);
  const alerts = causeOf(error, ExistingAlertsError);
  if (alerts !== undefined) return says('database_unsuitable', `${alerts.message} (${where})`);
  const transport = causeOf(error, TransportError);
  if (transport?.failure === 'no_tls')
    return says(
      'database_refused',
      `the database at ${where} does not offer TLS, and sslmode asks for it: switch TLS on there, or say ` +
        `sslmode=prefer or disable in ${setting}`,
    );
  if (transport?.failure === 'not_postgres')
    return says('database_refused', `what answers at ${where} is not PostgreSQL: look at host and port of ${setting}`);
  if (transport?.failure === 'no_server')
    return says('database_unavailable', `the database does not answer at ${where}: ${transport.message}`);
  const certificate = certificateWords(error);
  if (certificate !== undefined)
    return says('database_refused', `the certificate of the database at ${where} is not accepted: ${certificate}`);
  if (/client password must be a/.test(error.message))
    return says('database_refused', `the database at ${where} asks for a password, and ${setting} has none`);
  const state = sqlState(error);
  if (isDatabaseUnavailable(error))
    return says('database_unavailable', unavailable(where, state, wordsOf(error), setting));
  if (state === undefined) return undefined;
  const words = serverWords(error);
  if (state === UNDEFINED_TABLE)
    return says('not_migrated', `the database at ${where} has no tables of Orchestra; run \`orchestra db migrate\``);
  if (REFUSED.test(state)) return says('database_refused', `the database at ${where} refuses this user: ${words}`);
  if (state === NO_SUCH_DATABASE) return says('database_refused', `${words} at ${where}; create it first`);
  if (state === SQLSTATE.insufficientPrivilege)
    return says(
      'database_refused',
      `the database at ${where} answers: ${words}; grant this to the user, or use the owner of the tables`,
    );
  return says('database_error', `the database at ${where} answers: ${words}`);
}

function unavailable(where: string, state: string | undefined, words: string, setting: string): string {
  switch (state) {
    case SQLSTATE.readOnly:
      return (
        `the database at ${where} takes no changes (${words}): it is read-only or a standby; let ${setting} ` +
        'name the primary'
      );
    case SQLSTATE.tooManyConnections:
      return `the database at ${where} has no connection free (${words})`;
    case SQLSTATE.diskFull:
      return `the disk of the database at ${where} is full (${words})`;
    case '08P01':
      return `what stands in front of the database at ${where} refuses: ${words}`;
    default:
      return `the database does not answer at ${where} (${words}); is it running?`;
  }
}

function certificateWords(error: Error): string | undefined {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `it is not made out to this host (${error.message}); connect by the name in it, or use sslmode=verify-ca`;
  if (code === 'CERT_HAS_EXPIRED') return 'it has expired';
  if (/SELF_SIGNED|UNABLE_TO|CERT_|DEPTH_ZERO/.test(code))
    return `its authority is not known here (${error.message}); name the authority's file by sslrootcert`;
  if (/^ERR_(SSL|TLS|OSSL)/.test(code)) return error.message;
  return error.cause instanceof Error ? certificateWords(error.cause) : undefined;
}

function causeOf<E extends Error>(error: Error, kind: new (...args: never[]) => E): E | undefined {
  if (error instanceof kind) return error;
  return error.cause instanceof Error ? causeOf(error.cause, kind) : undefined;
}

/** What the server said, below whatever wraps it. */
function serverWords(error: Error): string {
  return error.cause instanceof Error && sqlState(error.cause) !== undefined ? serverWords(error.cause) : error.message;
}

/** An AggregateError (a host with several addresses) has no words of its own. */
function wordsOf(error: Error): string {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return wordsOf(error.errors[0]);
  return sqlState(error) === undefined ? error.message || error.name : serverWords(error);
}
