import type { CallOptions } from '@orchestra-brake/client';
import { asDoorError, problem, type Address } from './direct-errors.ts';

const TIME_LIMIT_MS = 10_000;

/**
 * Waits for an answer of the database as long as the caller does.
 *
 * @throws ApiError, CannotWork; the signal's reason when it has aborted, though what was asked may be done all the same
 */
export async function askDatabase<T>(
  call: () => Promise<T>,
  address: Address,
  { timeLimitMs = TIME_LIMIT_MS, signal }: CallOptions = {},
): Promise<T> {
  signal?.throwIfAborted();
  const late = new AbortController();
  const gone = signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]);
  const unanswered = `the database did not answer within ${timeLimitMs / 1_000} s`;
  const timer = setTimeout(() => late.abort(problem(503, 'database_unavailable', unanswered)), timeLimitMs).unref();
  const givenUp = Promise.withResolvers<never>();
  const giveUp = (): void => givenUp.reject(gone.reason);
  gone.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([call(), givenUp.promise]);
  } catch (error) {
    throw asDoorError(error, address);
  } finally {
    clearTimeout(timer);
    gone.removeEventListener('abort', giveUp);
  }
}
