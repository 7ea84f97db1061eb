import { hasServerChanged, isDatabaseUnavailable, sqlState, SQLSTATE } from '@orchestra/database';
import { PROBLEM_CODES, type Problem, type ProblemCode } from '@orchestra/pause-core/contract';

/** Total: a code without a status does not compile. */
export const PROBLEMS: Record<ProblemCode, { status: number; title: string }> = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  malformed_json: { status: 400, title: 'The body is not JSON' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be application/json' },
  unauthenticated: { status: 401, title: 'A valid token is needed' },
  forbidden: { status: 403, title: 'This token may not do that' },
  label_not_allowed: { status: 403, title: 'This token may not work under that label' },
  not_found: { status: 404, title: 'There is no such route' },
  method_not_allowed: { status: 405, title: 'This route has no such method' },
  unknown_host: { status: 421, title: 'This service has another name' },
  expectation_failed: { status: 417, title: 'The expectation cannot be met' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  request_timeout: { status: 408, title: 'The request took too long' },
  too_many_sign_ins: { status: 429, title: 'Too many wrong tokens came from this address' },
  token_share_used: { status: 429, title: 'This token holds as much as it may' },
  too_many_streams: { status: 503, title: 'Too many event streams are open' },
  too_many_waiters: { status: 503, title: 'Too many claims are waiting' },
  database_unavailable: { status: 503, title: 'The database is not available' },
  internal_error: { status: 500, title: 'Something went wrong here' },
  pause_not_found: { status: 404, title: 'There is no such pause' },
  pause_probes: { status: 409, title: 'The pause probes by itself' },
  nothing_to_release: { status: 409, title: 'Nothing could start' },
  release_too_fast: { status: 409, title: 'So fast no backlog is released' },
  pause_not_active: { status: 409, title: 'The pause has ended' },
  alert_not_found: { status: 404, title: 'There is no such alert' },
  notice_target_not_found: { status: 404, title: 'There is no such target of notices' },
  token_name_taken: { status: 409, title: 'The name is taken' },
  token_not_found: { status: 404, title: 'There is no such token' },
  idempotency_key_reused: { status: 422, title: 'The key stands for another request' },
  idempotency_key_in_use: { status: 409, title: 'The first call with this key has not ended' },
  task_not_found: { status: 404, title: 'There is no such task' },
  run_not_owner: { status: 409, title: 'The run is not yours any more' },
  task_has_ended: { status: 409, title: 'The task has ended' },
  questions_off: { status: 409, title: 'Runs of this task may ask nobody' },
  no_open_question: { status: 409, title: 'The task waits for no answer' },
  repo_not_found: { status: 404, title: 'No task has named that repo' },
  run_not_stopped: { status: 409, title: 'Nobody has told the run to stop' },
  stop_not_found: { status: 404, title: 'There is no such order to stop' },
  task_not_held: { status: 409, title: 'The task is not held' },
  parked_by_another: { status: 409, title: 'Somebody else has parked the task' },
  unknown_stage: { status: 422, title: 'There is no such stage' },
};

export interface OffendingField {
  field: string;
  message: string;
}

/** A refusal with a code of the closed list; becomes a problem document at the edge. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly code: ProblemCode;
  readonly fields: OffendingField[] | undefined;
  readonly headers: Record<string, string>;

  constructor(
    code: ProblemCode,
    detail: string,
    options: ErrorOptions & { fields?: OffendingField[]; headers?: Record<string, string> } = {},
  ) {
    super(detail, options);
    this.code = code;
    this.fields = options.fields;
    this.headers = options.headers ?? {};
  }
}

// Long enough for a failover's first connections, short enough for a person who waits.
const RETRY_AFTER_SECONDS = '2';

/**
 * What the client is told about an error: a refusal with its own words, anything else without a word of its insides.
 */
export function toProblemError(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof Error && 'code' in error && isProblemCode(error.code))
    return new ProblemError(error.code, error.message, { cause: error });
  if (isDatabaseUnavailable(error)) {
    return new ProblemError(
      'database_unavailable',
      `${unavailableWords(error)}; nothing is lost, try again in a ` +
        `moment${mayBeDone(error) ? ', with the same Idempotency-Key: the call may have been carried out' : ''}`,
      { cause: error, headers: { 'Retry-After': RETRY_AFTER_SECONDS } },
    );
  }
  return (
    fromHttpError(error) ??
    new ProblemError('internal_error', 'the log has the cause, under the request id', { cause: error })
  );
}

/** A connection that breaks while a change is committed leaves open whether it was. */
function mayBeDone(error: unknown): boolean {
  return hasServerChanged(error) && sqlState(error) !== SQLSTATE.readOnly;
}

function unavailableWords(error: unknown): string {
  switch (sqlState(error)) {
    case SQLSTATE.readOnly:
      return 'the database takes no changes just now: it is read-only, or a standby';
    case SQLSTATE.diskFull:
      return 'the database has no room on its disk just now';
    case SQLSTATE.tooManyConnections:
      return 'the database has no connection free just now';
    case SQLSTATE.deadlock:
    case SQLSTATE.serializationFailure:
      return 'the database took another call first';
    default:
      return 'the database cannot be reached just now';
  }
}

/** The document of RFC 9457. */
export function problemDocument(error: ProblemError, requestId: string): Problem {
  const { status, title } = PROBLEMS[error.code];
  return {
    type: `urn:orchestra:problem:${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.message,
    ...(error.fields === undefined ? {} : { errors: error.fields }),
    instance: requestId,
  };
}

function isProblemCode(code: unknown): code is ProblemCode {
  return PROBLEM_CODES.some((known) => known === code);
}

/**
 * Errors that express raises about a path or a file carry a status. Bodies are read by `readBody`, which has its own
 * words.
 */
function fromHttpError(error: unknown): ProblemError | undefined {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return undefined;
  if (error.status < 400 || error.status >= 500) return undefined;
  const options = { cause: error };
  if (error.status === 404) return new ProblemError('not_found', 'there is nothing here', options);
  return new ProblemError('invalid_request', 'the request cannot be read', options);
}
