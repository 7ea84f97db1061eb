import type { Problem } from '@orchestra/pause-core/contract';
import { ApiError } from './api-error.ts';

export interface Asking {
  method?: 'GET' | 'POST' | 'DELETE';
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  signal: AbortSignal;
}

/**
 * Asks the API for something and answers with the response once its head is there. Who asks stands in a cookie that
 * the browser adds and nothing here can read.
 *
 * @param baseUrl what the paths of the API stand behind, with a slash at the end
 * @throws {ApiError} for every answer that is no success, and when none comes
 */
export async function request(
  baseUrl: string,
  path: string,
  { method = 'GET', headers = {}, body, signal }: Asking,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(new URL(path, baseUrl), {
      method,
      // A change is JSON also where it says nothing: that is how the service knows it from a form.
      headers: method === 'GET' ? headers : { ...headers, 'content-type': 'application/json' },
      ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
      cache: 'no-store',
      credentials: 'same-origin',
      redirect: 'error',
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new ApiError('unreachable', 'The service does not answer.', { cause: error });
  }
  if (response.ok) return response;
  const detail = await problemDetail(response);
  if (response.status === 401) throw new ApiError('token_refused', detail);
  if (response.status === 403) throw new ApiError('not_allowed', detail);
  if (response.status === 404) throw new ApiError('not_found', detail);
  // Asked again the same way it would be refused again: 429 and 408 are about the moment, not about the question.
  const asked = response.status >= 400 && response.status < 500 && response.status !== 429 && response.status !== 408;
  throw new ApiError(asked ? 'malformed' : 'unavailable', detail);
}

async function problemDetail(response: Response): Promise<string> {
  const fallback = `The service answers ${response.status}.`;
  try {
    const problem = (await response.json()) as Partial<Problem> | null;
    return typeof problem?.detail === 'string' ? sentence(problem.detail) : fallback;
  } catch {
    return fallback; // a proxy's page, or a body that was cut off: the status is all there is to tell
  }
}

/** Problem details begin small and end without a stop, as a terminal likes them; here they stand between sentences. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
