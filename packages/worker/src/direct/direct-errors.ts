import { ApiError } from '@orchestra-brake/client';
import { explainDatabaseFailure, isDatabaseUnavailable, sqlState, withoutPassword } from '@orchestra/database/connect';
import type { ProblemCode } from '@orchestra/pause-core/contract';
import { CannotWork } from '../reports/cannot-work.ts';

const NO_FUNCTION = '42883';
const NO_SCHEMA = '3F000';
const TOO_FEW_RIGHTS = '42501';
// What a request contains: a value that PostgreSQL cannot hold, or a rule of a table.
const OF_THE_REQUEST = /^(22|23)/;
const UNKNOWN_STAGE = 'unknown_stage';

/** The words for a database, and where its address was given. */
export interface Address {
  url: string;
  setting: string;
}

/**
 * What went wrong with the database, as the worker knows it from services: an ApiError for what is refused or cannot be
 * done just now, and a CannotWork where somebody has to change something first.
 */
export function asDoorError(thrown: unknown, address: Address): Error {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  if (error instanceof ApiError || error instanceof CannotWork || error.name === 'AbortError') return error;
  const where = withoutPassword(address.url);
  const state = sqlState(error);
  if (isDatabaseUnavailable(error))
    return problem(
      503,
      'database_unavailable',
      explainDatabaseFailure(error, address.url, address.setting)?.message ?? error.message,
    );
  if (state === NO_FUNCTION || state === NO_SCHEMA) {
    return new CannotWork(
      'not_migrated',
      `the database at ${where} has no queue for direct workers; its owner runs \`orchestra db migrate\` ` +
        'of this version',
      { cause: error },
    );
  }
  if (state === TOO_FEW_RIGHTS) {
    return new CannotWork(
      'not_granted',
      `the database at ${where} answers: ${error.message}; grant the role what a direct worker may ` +
        'execute, as the page on direct workers in Orchestra’s manual has it',
      { cause: error },
    );
  }
  if (state !== undefined && OF_THE_REQUEST.test(state))
    return problem(
      422,
      'detail' in error && error.detail === UNKNOWN_STAGE ? UNKNOWN_STAGE : 'invalid_request',
      error.message,
    );
  const failure = explainDatabaseFailure(error, address.url, address.setting);
  if (failure === undefined) return error;
  if (
    failure.code === 'not_migrated' ||
    failure.code === 'bad_address' ||
    failure.code === 'database_refused' ||
    failure.code === 'database_unsuitable'
  ) {
    return new CannotWork(failure.code, failure.message, { cause: error });
  }
  return problem(500, 'internal_error', failure.message);
}

export function problem(status: number, code: ProblemCode, detail: string): ApiError {
  return new ApiError({ type: 'about:blank', title: code, status, code, detail });
}
