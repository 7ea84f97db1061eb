import type { SessionView } from '@orchestra/pause-core/contract';
import { readJson, sendJson } from './json-calls.ts';

/** Who is signed in. @throws {ApiError} `token_refused`: nobody */
export function readSession(signal: AbortSignal): Promise<SessionView> {
  return readJson<SessionView>('api/session', signal);
}

/**
 * Hands over the token; the browser keeps it where no script can read it. @throws {ApiError} `token_refused`,
 * `unavailable`
 */
export function openSession(token: string, signal: AbortSignal): Promise<SessionView> {
  return sendJson<SessionView>('POST', 'api/session', { token }, { signal });
}

/** @throws {ApiError} */
export async function closeSession(signal: AbortSignal): Promise<void> {
  await sendJson('DELETE', 'api/session', {}, { signal });
}
