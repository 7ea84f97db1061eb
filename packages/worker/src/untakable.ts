import { ApiError } from '@orchestra/client';

/** The service will never take this body, however often it is sent: too large, or nothing that the database can keep. */
export function isUntakable(error: Error): boolean {
  return error instanceof ApiError && ['body_too_large', 'invalid_request', 'malformed_json'].includes(error.code)
    || error instanceof TypeError; // what JSON cannot say: a cycle, a bigint
}
