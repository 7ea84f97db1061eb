import { ApiError } from '@orchestra-brake/client';

/**
 * The service will never take this body, however often it is sent: too large, nothing that the database can keep, or
 * questions where nobody is asked.
 */
export function isUntakable(error: Error): boolean {
  return (
    (error instanceof ApiError &&
      ['body_too_large', 'invalid_request', 'malformed_json', 'questions_off'].includes(error.code)) ||
    error instanceof TypeError
  ); // what JSON cannot say: a cycle, a bigint
}
