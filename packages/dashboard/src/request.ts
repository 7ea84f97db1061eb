import type { Problem } from '@orchestra/pause-core/contract';
import { ApiError } from './api-error.ts';

export interface Access {
  /** What the paths of the API stand behind, with a slash at the end. */
  readonly baseUrl: string;
  readonly token: string;
}

/**
 * Asks the API for something and answers with the response once its head is there.
 *
 * @throws {ApiError} for every answer that is no success, and when none comes
 */
export async function request(access: Access, path: string, init: { headers?: Record<string, string>; signal: AbortSignal }): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(new URL(path, access.baseUrl), {
      headers: { ...init.headers, authorization: `Bearer ${access.token}` },
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      signal: init.signal,
    });
  } catch (error) {
    if (init.signal.aborted) throw init.signal.reason;
    // A token with characters that no header may hold never gets as far as the service.
    if (error instanceof TypeError && /[^\x21-\x7e]/.test(access.token)) {
      throw new ApiError('token_refused', 'A token has no blanks and no special characters.', { cause: error });
    }
    throw new ApiError('unreachable', 'The service does not answer.', { cause: error });
  }
  if (response.ok) return response;
  const detail = await problemDetail(response);
  if (response.status === 401) throw new ApiError('token_refused', detail);
  if (response.status === 403) throw new ApiError('not_allowed', detail);
  // Asked again the same way it would be refused again: 429 and 408 are about the moment, not about the question.
  const asked = response.status >= 400 && response.status < 500 && response.status !== 429 && response.status !== 408;
  throw new ApiError(asked ? 'malformed' : 'unavailable', detail);
}

async function problemDetail(response: Response): Promise<string> {
  const fallback = `The service answers ${response.status}.`;
  try {
    const problem = await response.json() as Partial<Problem> | null;
    return typeof problem?.detail === 'string' ? sentence(problem.detail) : fallback;
  } catch {
    return fallback; // a proxy's page, or a body that was cut off: the status is all there is to tell
  }
}

/** Problem details begin small and end without a stop, as a terminal likes them; here they stand between sentences. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
