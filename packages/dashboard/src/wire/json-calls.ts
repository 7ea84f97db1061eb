import { parseJson } from '@orchestra/exact-json';
import { ApiError } from './api-error.ts';
import { BASE_URL } from './base-url.ts';
import { request, type Asking } from './request.ts';

const TIME_LIMIT_MS = 15_000;

/** What an address of the API answers. @throws {ApiError} */
export function readJson<T>(path: string, signal: AbortSignal): Promise<T> {
  return json<T>(path, { headers: { accept: 'application/json' }, signal });
}

/**
 * Asks for a change.
 *
 * @param key the `Idempotency-Key`: the same for every attempt at the same thing
 * @throws {ApiError} `unreachable` also where nobody knows whether the change was made: ask again with the same key
 */
export function sendJson<T>(
  method: 'POST' | 'DELETE',
  path: string,
  body: object,
  { key, signal }: { key?: string; signal: AbortSignal },
): Promise<T> {
  return json<T>(path, { method, body, headers: key === undefined ? {} : { 'idempotency-key': key }, signal });
}

async function json<T>(path: string, asking: Asking): Promise<T> {
  const limited = AbortSignal.any([asking.signal, AbortSignal.timeout(TIME_LIMIT_MS)]);
  try {
    const response = await request(BASE_URL, path, { ...asking, signal: limited });
    return parseJson(await response.text()) as T; // the service's promise, held by its own tests against the contract
  } catch (error) {
    if (error instanceof ApiError || asking.signal.aborted) throw error;
    if (limited.aborted) throw new ApiError('unreachable', 'The service does not answer in time.', { cause: error });
    throw new ApiError('malformed', 'The service’s answer could not be read.', { cause: error });
  }
}
