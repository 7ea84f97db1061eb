import { TransportError } from './connect/transport-error.ts';

/** SQLSTATEs that a caller decides by. https://www.postgresql.org/docs/18/errcodes-appendix.html */
export const SQLSTATE = {
  uniqueViolation: '23505',
  insufficientPrivilege: '42501',
  lockNotAvailable: '55P03',
  notifyQueueFull: '54000',
  readOnly: '25006',
  diskFull: '53100',
  outOfMemory: '53200',
  tooManyConnections: '53300',
  ioError: '58030',
  queryCanceled: '57014',
  serializationFailure: '40001',
  deadlock: '40P01',
} as const;

// Every SQLSTATE of PostgreSQL has a digit. Codes of the system such as EPIPE have five letters too, and none.
const SQLSTATE_FORM = /^(?=.*\d)[0-9A-Z]{5}$/;

/** The five-character SQLSTATE of an error, or of what caused it; undefined where the server said nothing. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string' && SQLSTATE_FORM.test(error.code)) return error.code;
  return sqlState(error.cause);
}

// The server, or what stands in front of it, cannot do it now. The connection is no longer worth keeping: 08: the
// connection broke. 25006: the server takes no changes (a standby, a demoted primary). 57P0x: it is going down, came
// down or is not up yet.
const SERVER_CHANGED_STATE = /^(08...|25006|57P0[1-5])$/;
// 40001, 40P01: lost against another transaction. 53: no room on the disk, no memory, no connection free. 58030: an I/O
// error. 57014: ended by statement_timeout; 25P03, 25P04: by a transaction's timeout; 55P03: by lock_timeout.
const UNAVAILABLE_STATE = /^(4000[13]|40P01|53[1-4]00|58030|57014|25P0[34]|55P03)$/;
const UNAVAILABLE_ERRNO = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ECONNABORTED',
  'ENOENT',
  // A stream of Node.js that is written to, or ends, after its connection was cut.
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_SOCKET_CLOSED',
]);
// Errors that `pg` raises itself carry no code; these are their messages in pg 8.
const UNAVAILABLE_TEXT =
  /connection terminated|timeout exceeded when trying to connect|timeout expired|query read timeout|client has encountered a connection error|client was closed/i;

/** True when the database could not be asked just now, and the same call may work a moment later. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof TransportError) return error.failure === 'no_server';
  const state = sqlState(error);
  if (state !== undefined) return UNAVAILABLE_STATE.test(state) || SERVER_CHANGED_STATE.test(state);
  if ('code' in error && typeof error.code === 'string' && UNAVAILABLE_ERRNO.has(error.code)) return true;
  if (UNAVAILABLE_TEXT.test(error.message)) return true;
  if (error instanceof AggregateError) return error.errors.some(isDatabaseUnavailable);
  return isDatabaseUnavailable(error.cause);
}

/**
 * True when a connection that answered this leads to a server that has changed, so that another connection may find a
 * better one.
 */
export function hasServerChanged(error: unknown): boolean {
  const state = sqlState(error);
  return state === undefined ? isDatabaseUnavailable(error) : SERVER_CHANGED_STATE.test(state);
}
