/** SQLSTATEs that a caller decides by. https://www.postgresql.org/docs/18/errcodes-appendix.html */
export const SQLSTATE = {
  uniqueViolation: '23505',
  lockNotAvailable: '55P03',
  notifyQueueFull: '54000',
} as const;

/** The five-character SQLSTATE of an error, or of what caused it; undefined where the server said nothing. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code)) return error.code;
  return sqlState(error.cause);
}

// 08: connection; 57P0x: the server is going down, came down or is not up yet; 53300: no connection free;
// 57014: ended by statement_timeout; 25P03: by idle_in_transaction_session_timeout; 55P03: by lock_timeout.
const UNAVAILABLE_STATE = /^(08...|57P0[1-5]|53300|57014|25P0[34]|55P03)$/;
const UNAVAILABLE_ERRNO = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENOENT']);
// Errors that `pg` raises itself carry no code; these are their messages in pg 8.
const UNAVAILABLE_TEXT = /connection terminated|timeout exceeded when trying to connect|query read timeout|client has encountered a connection error|client was closed/i;

/** True when the database could not be asked just now, and the same call may work a moment later. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const state = sqlState(error);
  if (state !== undefined) return UNAVAILABLE_STATE.test(state);
  if ('code' in error && typeof error.code === 'string' && UNAVAILABLE_ERRNO.has(error.code)) return true;
  if (UNAVAILABLE_TEXT.test(error.message)) return true;
  if (error instanceof AggregateError) return error.errors.some(isDatabaseUnavailable);
  return isDatabaseUnavailable(error.cause);
}
