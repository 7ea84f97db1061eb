import { AnswerError, ApiError, connectionReason, ConnectionError } from '@orchestra-brake/client';
import { withoutInvisible } from '@orchestra/pause-core/visible-text';
import { CannotWork, refusalOf } from './cannot-work.ts';
import { howToReach, sayPlace, type Connection, type Place } from './connection.ts';

/**
 * Why a service gives a worker nothing, and what to do about it, in one line.
 *
 * @param error what it answered last; undefined: it has not answered yet
 */
export function sayTrouble(error: Error | undefined, place: Place, connection: Connection): string {
  const refusal = error === undefined ? undefined : refusalOf(error, place, connection);
  return refusal?.message ?? withoutInvisible(`${sayPlace(place)} ${sayError(error, place, connection)}`);
}

function sayError(error: Error | undefined, place: Place, connection: Connection): string {
  if (error instanceof ConnectionError && error.failure !== 'timed_out') {
    const reason = connectionReason(error.cause);
    const says = `${error.failure === 'unreachable' ? 'cannot be reached' : 'breaks the connection off'}${reason === undefined ? '' : ` (${reason.says})`}`;
    return `${says}; ${reason?.toTrust ?? howToReach(place, connection)}`;
  }
  if (error instanceof AnswerError)
    return `answers ${error.status} with ${error.what}, as Orchestra does not; ${howToReach(place, connection)}`;
  if (error instanceof ApiError && (error.code === 'not_found' || error.code === 'method_not_allowed'))
    return `is another service of Orchestra: it has no such call; ${howToReach(place, connection)}`;
  if (error instanceof ApiError) return `answers ${error.code}: ${error.message}`;
  return `does not answer; ${howToReach(place, connection)}`;
}

/** What makes two failures the same trouble, so that it is told once. */
export function kindOfTrouble(error: Error | undefined): string {
  if (error instanceof ConnectionError) return error.failure;
  if (error instanceof ApiError || error instanceof CannotWork) return error.code;
  return error instanceof AnswerError ? `answered ${error.status}` : 'unanswered';
}
